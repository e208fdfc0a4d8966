/** Live SQLite files as sources of transactions. `docs/adr/0010-reading-a-live-database.md` says how. */
export { SOURCE_BODY_LIMITS } from './body-limits.ts';
export { CHECKPOINT_FRAMES_MIN, CHECKPOINT_INTERVAL_MS, type CheckpointOptions } from './decisions/index.ts';
export { type Destination, publishToEngine } from './publish-to-engine.ts';
export type { SourceState, SyncReport } from './report.ts';
export { type IncomingTransaction, SourceThread, type SourceThreadOptions } from './source-thread.ts';
