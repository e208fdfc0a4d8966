import type { ClockReading } from '../commands/clock.ts';
import type { DueWork } from '../compactor/run/due-work.ts';
import type { ReplicaMeters } from '../compactor/run/meters.ts';
import type { Suspects } from '../compactor/run/suspects.ts';
import { type Archive, LogHistory, type SqlConnection } from '../log/index.ts';
import type { Logger } from '../logging.ts';
import type { DataDirectory } from './data-directory.ts';
import { Engine, type EngineDependencies } from './engine.ts';
import type { ImportPool } from './import/import-pool.ts';
import { ImportService } from './import/import-service.ts';
import { IngestService } from './ingest/ingest-service.ts';
import type { IngestLimits } from './ingest/limits.ts';
import { NameGate } from './name-gate.ts';
import { PointFinder } from './restore/point-finder.ts';
import { RestoreService } from './restore/restore-service.ts';
import { StorageFactsReader } from './storage-facts.ts';
import type { StreamPool } from './streams/stream-pool.ts';
import type { Sweeper } from './sweeper.ts';
import { VerifyService } from './verify/verify-service.ts';
import type { EngineWriter } from './writer/client.ts';

export interface OpenEngineOptions {
  readonly directory: DataDirectory;
  /** A connection that only reads. */
  readonly sql: SqlConnection;
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly log: Logger;
  readonly limits: IngestLimits;
  readonly sweeper: Sweeper;
  readonly streams: StreamPool;
  readonly pool: ImportPool;
  /** Where events are that have left the data directory. */
  readonly archive: Archive;
  readonly meters: ReplicaMeters;
  readonly due: DueWork;
  /** Files that are to be looked at again. */
  readonly suspects: Suspects;
  readonly storage: EngineDependencies['storage'];
}

/** The engine on what was opened: its services share one gate and one view of the restore points. */
export function openEngine(options: OpenEngineOptions): Engine {
  const { directory, pool, archive, limits, meters, storage, ...shared } = options;
  const gate = new NameGate();
  const points = new PointFinder(shared.sql);
  return new Engine({
    ...shared,
    points,
    ingest: new IngestService({ ...shared, spoolDirectory: directory.spool, limits, gate }),
    imports: new ImportService({ ...shared, pool, limits }),
    restores: new RestoreService({ ...shared, points, gate }),
    drills: new VerifyService({ ...shared, points }),
    history: new LogHistory(shared.sql, archive),
    facts: new StorageFactsReader({ ...shared, meters }),
    dataDirectory: directory.root,
    storage,
  });
}
