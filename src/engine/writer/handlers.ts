import { SERVER_STREAM } from '../../events/index.ts';
import type { Handler, HandlerContext, Handlers, LogCommand } from '../../log/index.ts';
import { PROJECTIONS } from '../../projections/index.ts';
import { handleClockCheck, handleClockClear } from './clock.ts';
import type { ClockOptions } from './clock-guard.ts';
import { createContext, record, type WriterContext } from './context.ts';
import { handleDamaged, handleFound } from './damage.ts';
import { handleDelete } from './delete.ts';
import { handleImport } from './import.ts';
import { handleIngest } from './ingest.ts';
import type { ServerStartedCommand, ServerStoppedCommand, WriterCommands } from './messages.ts';
import { handleRefuse } from './refuse.ts';
import { handleRestore } from './restore.ts';
import * as sealing from './sealing.ts';
import { handleStageAbandon, handleStageBegin, handleStageDense, handleStageSparse } from './stage.ts';
import * as storage from './storage.ts';
import { handlePurge } from './storage-purge.ts';
import { handleSweep } from './sweep.ts';
import { handleVerified } from './verified.ts';
import { handleWithhold } from './withhold.ts';

/** The read models that follow every append. */
export const projections = PROJECTIONS;

type Command<K extends keyof WriterCommands> = WriterCommands[K]['command'];

/** The one place where a message from the other thread gets its type: `EngineWriter` is the only sender. */
const typed =
  <K extends keyof WriterCommands>(handle: (command: Command<K>) => WriterCommands[K]['result']): Handler =>
  (command: LogCommand) =>
    handle(command as unknown as Command<K>);

/** What the handlers are told at their start; it is cloned on its way. */
export interface WriterOptions {
  readonly clock: ClockOptions;
}

/** The handlers of the log's writer: each runs inside the batch's transaction, synchronously. */
export function createHandlers({ store, sql }: HandlerContext, options?: unknown): Handlers {
  const context = createContext(store, sql, (options as WriterOptions | undefined)?.clock);
  return {
    ingest: typed<'ingest'>((command) => handleIngest(command, context)),
    import: typed<'import'>((command) => handleImport(command, context)),
    restore: typed<'restore'>((command) => handleRestore(command, context)),
    refuse: typed<'refuse'>((command) => handleRefuse(command, context)),
    'stage.begin': typed<'stage.begin'>(() => handleStageBegin(context)),
    'stage.dense': typed<'stage.dense'>((command) => handleStageDense(command, context)),
    'stage.sparse': typed<'stage.sparse'>((command) => handleStageSparse(command, context)),
    'stage.abandon': typed<'stage.abandon'>((command) => handleStageAbandon(command, context)),
    delete: typed<'delete'>((command) => handleDelete(command, context)),
    sweep: typed<'sweep'>(() => handleSweep(context)),
    withhold: typed<'withhold'>((command) => handleWithhold(command, context)),
    verified: typed<'verified'>((command) => handleVerified(command, context)),
    'clock.check': typed<'clock.check'>((command) => handleClockCheck(command, context)),
    'clock.clear': typed<'clock.clear'>((command) => handleClockClear(command, context)),
    ...storageHandlers(context),
    ...sealingHandlers(context),
    'server.started': typed<'server.started'>((command) => handleStarted(command, context)),
    'server.stopped': typed<'server.stopped'>((command) => handleStopped(command, context)),
  } satisfies Record<keyof WriterCommands, Handler>;
}

function storageHandlers(context: WriterContext) {
  return {
    'storage.configure': typed<'storage.configure'>((command) => storage.handleConfigure(command, context)),
    'storage.clock': typed<'storage.clock'>((command) => storage.handleClock(command, context)),
    'storage.begin': typed<'storage.begin'>((command) => storage.handleBegin(command, context)),
    'storage.stored': typed<'storage.stored'>((command) => storage.handleStored(command, context)),
    'storage.failed': typed<'storage.failed'>((command) => storage.handleFailed(command, context)),
    'storage.replica': typed<'storage.replica'>((command) => storage.handleReplica(command, context)),
    'storage.expire': typed<'storage.expire'>((command) => storage.handleExpire(command, context)),
    'storage.deleted': typed<'storage.deleted'>((command) => storage.handleDeleted(command, context)),
    'storage.review': typed<'storage.review'>((command) => storage.handleReview(command, context)),
    'storage.damaged': typed<'storage.damaged'>((command) => handleDamaged(command, context)),
    'storage.found': typed<'storage.found'>((command) => handleFound(command, context)),
    'storage.purge': typed<'storage.purge'>((command) => handlePurge(command, context)),
  };
}

function sealingHandlers(context: WriterContext) {
  return {
    'seal.begin': typed<'seal.begin'>((command) => sealing.handleSealBegin(command, context)),
    'seal.stored': typed<'seal.stored'>((command) => sealing.handleSealStored(command, context)),
    'checkpoint.stored': typed<'checkpoint.stored'>((command) =>
      sealing.handleCheckpointStored(command, context),
    ),
    'checkpoint.expired': typed<'checkpoint.expired'>((command) =>
      sealing.handleCheckpointExpired(command, context),
    ),
    'checkpoint.made': typed<'checkpoint.made'>((command) => sealing.handleCheckpointMade(command, context)),
    'checkpoint.present': typed<'checkpoint.present'>((command) =>
      sealing.handleCheckpointPresent(command, context),
    ),
    'log.trim': typed<'log.trim'>((command) => sealing.handleLogTrim(command, context)),
  };
}

function handleStarted(command: ServerStartedCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const { version, node, dataDirectory } = command;
  context.index.abandonStaged();
  const meta = { time: wall, actor: command.actor };
  record(context, SERVER_STREAM, [{ type: 'server.started', body: { version, node, dataDirectory } }], meta);
  return null;
}

function handleStopped(command: ServerStoppedCommand, context: WriterContext): null {
  const { wall } = context.clock.observe(command.clock);
  const meta = { time: wall, actor: command.actor };
  record(context, SERVER_STREAM, [{ type: 'server.stopped', body: { reason: command.reason } }], meta);
  context.clock.save(command.clock);
  return null;
}
