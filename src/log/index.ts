export { MigrationError, VersionConflictError } from './errors.ts';
export { GroupCommit, type Outcome } from './group-commit.ts';
export type { Handler, HandlerContext, Handlers, HandlersModule, LogCommand } from './handlers.ts';
export { migrationsDirectory } from './migrate.ts';
export { Log, type OpenLogOptions, openLog } from './open.ts';
export { type LogQuery, LogReader, PAGE_EVENTS } from './reader.ts';
export { type AppendMeta, EventStore } from './store.ts';
