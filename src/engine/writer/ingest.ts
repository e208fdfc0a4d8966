import { type Admission, admitIngest } from '../../commands/admit-ingest.ts';
import { type DatabaseState, unknownDatabase } from '../../commands/database-state.ts';
import { type Admitted, decideIngest } from '../../commands/decide-ingest.ts';
import type { Now } from '../../commands/ingest.ts';
import { refuse } from '../../commands/refusal.ts';
import { clusterStream, databaseStream, refusalsStream } from '../../events/index.ts';
import { formatChecksum, formatTxid, type Txid } from '../../ltx/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import { highWaterMarkOf } from '../../projections/high-water.ts';
import { lastPrimary } from '../../projections/primaries.ts';
import type { Instant } from './clock-guard.ts';
import { record, type WriterContext } from './context.ts';
import { type IndexUpdate, isIndexProven, planIndexUpdate } from './index-update.ts';
import type { IngestCommand, IngestResult } from './messages.ts';
import { refuseIngest } from './refuse.ts';

/** Decides on a received file, and carries the decision out: events, index and payload in one transaction. */
export function handleIngest(command: IngestCommand, context: WriterContext): IngestResult {
  const { cluster, db, file } = command;
  const now = context.clock.observe(command.clock);
  const state = loadDatabase(context.sql, cluster, db) ?? unknownDatabase(cluster, db);
  const admission = admitIngest(state, file);
  const result = carryOut(command, context, state, admission, now);
  const staged = command.pages.kind === 'inline' ? null : command.pages.generation;
  if (staged !== null) context.index.abandon(staged);
  return result;
}

function carryOut(
  command: IngestCommand,
  context: WriterContext,
  state: DatabaseState,
  admission: Admission,
  now: Instant,
): IngestResult {
  const meta = { time: now.wall, actor: command.actor };
  if (admission.kind === 'refused') {
    return refuseIngest(context, state, command.file.header, admission.refusal, meta);
  }
  const formerPrimary = notePrimary(command, context, now);
  if (admission.kind === 'duplicate') {
    const highWaterMark = highWaterMarkOf(context.sql, state.cluster, state.db, state.incarnation);
    return { kind: 'accepted', how: 'duplicate', pos: state.pos ?? NEVER, highWaterMark, formerPrimary };
  }
  if (admission.kind === 'append' && !isIndexProven(context, state))
    return withhold(command, context, state, now);
  const update = planIndexUpdate(context.index, state, command);
  const decision = decideIngest({ state, file: command.file, now }, admission, update.facts);
  if (decision.kind === 'refused') {
    return refuseIngest(context, state, command.file.header, decision.refusal, meta);
  }
  const stream = databaseStream(command.cluster, command.db, decision.incarnation);
  const version = admission.kind === 'create' ? 0 : context.store.version(stream);
  const received = { ...meta, time: now.received };
  const events = context.store.append(stream, version, [...decision.events], received);
  store(command, context, update, stream, events.at(-1)?.seq ?? 0);
  const mark = highWaterMarkOf(context.sql, command.cluster, command.db, decision.incarnation);
  return accepted(command, admission, mark, formerPrimary);
}

const NEVER = { txid: 0n, checksum: 0n };

function store(
  command: IngestCommand,
  context: WriterContext,
  update: IndexUpdate,
  stream: string,
  seq: number,
): void {
  update.store(stream);
  context.proven.add(stream);
  if (command.bytes !== null) {
    context.sql.run(
      'INSERT INTO payload_bytes (seq, bytes) VALUES (?, ?)',
      seq,
      Buffer.from(command.bytes.buffer, command.bytes.byteOffset, command.bytes.byteLength),
    );
  }
}

function accepted(
  command: IngestCommand,
  admission: Admitted,
  highWaterMark: Txid,
  formerPrimary: string | null,
): IngestResult {
  const { header, contents } = command.file;
  const checksum = contents.ok ? contents.postApplyChecksum : 0n;
  const pos = { txid: header.maxTxid, checksum };
  return { kind: 'accepted', how: admission.kind, pos, highWaterMark, formerPrimary };
}

/** Records that another LiteFS data directory sends for this cluster; a lost disk comes back like that. */
function notePrimary(command: IngestCommand, context: WriterContext, now: Now): string | null {
  if (command.primary === null) return null;
  const previous = lastPrimary(context.sql, command.cluster);
  if (previous === command.primary) return null;
  const body = { cluster: command.cluster, previous, current: command.primary };
  const meta = { time: now.wall, actor: command.actor };
  record(context, clusterStream(command.cluster), [{ type: 'primary.changed', body }], meta);
  return previous;
}

/**
 * Without a content index that fits the position no transaction can be verified. The name is left out of
 * `/pos`: its primary then sends a full snapshot, which is re-based on, and nothing is lost.
 */
function withhold(
  command: IngestCommand,
  context: WriterContext,
  state: DatabaseState,
  now: Now,
): IngestResult {
  const refusal = refuse(
    'EUNAVAILABLE',
    'the page checksums of this database are damaged: send a full snapshot',
  );
  const { txid, checksum } = state.pos ?? NEVER;
  if (!state.withheld) {
    const body = {
      cluster: state.cluster,
      db: state.db,
      txid: formatTxid(txid),
      checksum: formatChecksum(checksum),
      failingSince: state.failingSince ?? now.wall,
      untilWhole: false,
    };
    const meta = { time: now.wall, actor: command.actor };
    record(context, refusalsStream(state.cluster, state.db), [{ type: 'position.withheld', body }], meta);
  }
  return { kind: 'refused', refusal, recorded: !state.withheld, withheld: !state.withheld };
}
