import type { ClockReading } from '../commands/clock.ts';
import { SYSTEM_ACTOR } from '../events/index.ts';
import type { CleanupStack, Failure } from '../lifecycle.ts';
import { openReadOnly, type SqlConnection } from '../log/index.ts';
import type { Logger } from '../logging.ts';
import { version } from '../package-root.ts';
import { isSpoolNameKnown } from '../projections/payloads.ts';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { sweepSpool } from './spool.ts';
import { Sweeper } from './sweeper.ts';
import type { EngineWriter } from './writer/client.ts';
import type { ClockOptions } from './writer/clock-guard.ts';
import { openWriter } from './writer/open-writer.ts';

export interface OpenDataOptions {
  readonly dataPath: string;
  readonly synchronous: 'FULL' | 'NORMAL';
  readonly clock: () => ClockReading;
  readonly clockOptions: ClockOptions;
  readonly log: Logger;
  /** Raised when nothing can be written any more. */
  readonly failure: Failure;
  /** What is opened is added to it. */
  readonly stack: CleanupStack;
}

/** A data directory in use: its log, on two connections, and what keeps it clean. */
export interface OpenedData {
  readonly directory: DataDirectory;
  readonly writer: EngineWriter;
  readonly sql: SqlConnection;
  readonly sweeper: Sweeper;
  /** Why the server stops, for the record. */
  readonly life: { endedBy: string };
}

/**
 * Locks the data directory, opens its log, sweeps what a crash left behind, and records that the server runs.
 * @throws LfsbError `EDATADIR`
 */
export async function openData(options: OpenDataOptions): Promise<OpenedData> {
  const { log, clock, synchronous, failure, stack } = options;
  const directory = await openDataDirectory(options.dataPath);
  stack.add(async () => directory.release());
  const writer = await openWriter({
    directory,
    synchronous,
    log,
    options: { clock: options.clockOptions },
    onFatal: (error) => failure.raise(error),
  });
  stack.add(() => writer.close());
  const sql = openReadOnly(directory.database);
  stack.add(async () => {
    sql.db.close();
  });
  const swept = await sweepSpool(directory.spool, (name) => isSpoolNameKnown(sql, name));
  if (swept > 0) log.info({ files: swept }, 'spool swept');
  const started = { version: version(), node: process.version, dataDirectory: directory.root };
  await writer.execute({ type: 'server.started', actor: SYSTEM_ACTOR, clock: clock(), ...started });
  const life = { endedBy: 'the start failed' };
  // What is closed before this may still have something to record.
  stack.add(() => {
    const stopped = { type: 'server.stopped', reason: life.endedBy } as const;
    return writer.execute({ ...stopped, actor: SYSTEM_ACTOR, clock: clock() });
  });
  const sweeper = new Sweeper({ writer, spoolDirectory: directory.spool, log });
  stack.add(() => sweeper.stop());
  sweeper.wake();
  return { directory, writer, sql, sweeper, life };
}
