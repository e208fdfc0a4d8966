/** Live SQLite files as sources of transactions. `docs/adr/0010-reading-a-live-database.md` says how. */
export { SOURCE_BODY_LIMITS } from './body-limits.ts';
export { CHECKPOINT_FRAMES_MIN, CHECKPOINT_INTERVAL_MS, type CheckpointOptions } from './decisions/index.ts';
export { RecordFile } from './record-file.ts';
export type { SourceState, SyncReport } from './report.ts';
export { Source, type SourceOptions } from './source.ts';
export { IndexedState, type StoredState } from './stored-state.ts';
export type { Piece, Publish, SourceTransaction } from './transaction.ts';
