/** What the compactor decides, and what restores are made of: pure. `docs/adr/0006-compaction-and-expiry.md`. */
export type * from './actions.ts';
export * from './config.ts';
export { formatDuration, parseDuration } from './durations.ts';
export { isBase, promiseStart, type SourcedFile } from './files.ts';
export { highWaterMark, reachOfReplica, requiredReplicas } from './high-water-mark.ts';
export { pinKey } from './pins.ts';
export * from './plan.ts';
export { listPoints, type PointFilter, type RestorePoint } from './points.ts';
export * from './restore-plan.ts';
export * from './types.ts';
export { databaseHash, windowOf, windowOffset } from './windows.ts';
