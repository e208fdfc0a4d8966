import type Database from 'better-sqlite3';
import type { Projection, Sql } from '../projections/projection.ts';
import type { EventStore } from './store.ts';

/** What the writer is asked to do. Everything in it can be structured-cloned. */
export interface LogCommand {
  readonly type: string;
  readonly [field: string]: unknown;
}

/** What a handler works with: all of it is inside the batch's transaction. */
export interface HandlerContext {
  readonly store: EventStore;
  readonly sql: Sql;
  /** The connection itself, for what `sql` cannot do. A handler neither begins nor ends transactions. */
  readonly db: Database.Database;
}

/**
 * Carries out one command and returns at once: a plain value that can be structured-cloned. A refusal is such a
 * value; a throw means that nothing of the command is kept.
 */
export type Handler = (command: LogCommand, context: HandlerContext) => unknown;

export type Handlers = Readonly<Record<string, Handler>>;

/** What the module with the handlers exports: the writer's worker imports it by its URL. */
export interface HandlersModule {
  /** The read models that follow every append. */
  readonly projections: readonly Projection[];
  /**
   * Makes the handlers, once, when the log is open. `options` is what `LogWriter.start` was given.
   * It may write in transactions of its own: no batch runs yet.
   */
  createHandlers(context: HandlerContext, options: unknown): Handlers;
}
