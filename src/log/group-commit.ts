import { LfsbError } from '../errors/index.ts';
import { isStorageError } from './errors.ts';
import type { HandlerContext, Handlers, LogCommand } from './handlers.ts';
import type { Projector } from './projector.ts';
import type { Transactions } from './transactions.ts';

/** What came of one command. A refusal is a value: it was decided, not thrown. */
export type Outcome =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly error: unknown };

/** A storage error in one command: the batch cannot go on. */
class BatchAborted extends Error {}

/** Commands that arrive together share one transaction and one fsync. */
export class GroupCommit {
  readonly #transactions: Transactions;
  readonly #projector: Projector;
  readonly #context: HandlerContext;
  readonly #handlers: Handlers;
  #recordedSeq: number;

  constructor(transactions: Transactions, projector: Projector, context: HandlerContext, handlers: Handlers) {
    this.#transactions = transactions;
    this.#projector = projector;
    this.#context = context;
    this.#handlers = handlers;
    this.#recordedSeq = context.store.head().seq;
  }

  /**
   * Runs the commands in order and commits once. A command that throws leaves nothing behind and does not touch
   * its neighbours. When the disk or the commit fails, nothing of the batch is kept and every command fails
   * with `EUNAVAILABLE`. Returns after COMMIT has returned, one outcome a command.
   */
  runBatch(commands: readonly LogCommand[]): Outcome[] {
    try {
      return this.#transactions.immediate(() => {
        const outcomes = commands.map((command) => this.#runOne(command));
        this.#recordPosition();
        return outcomes;
      });
    } catch (error) {
      this.#recordedSeq = 0;
      const cause = error instanceof BatchAborted ? error.cause : error;
      const failure = new LfsbError('EUNAVAILABLE', `the log cannot be written: ${messageOf(cause)}`, {
        cause,
      });
      return commands.map(() => ({ ok: false, error: failure }));
    }
  }

  #runOne(command: LogCommand): Outcome {
    const handler = Object.hasOwn(this.#handlers, command.type) ? this.#handlers[command.type] : undefined;
    if (handler === undefined) {
      return { ok: false, error: new LfsbError('EINTERNAL', `no handler for "${command.type}"`) };
    }
    try {
      return { ok: true, value: this.#transactions.savepoint(() => handler(command, this.#context)) };
    } catch (error) {
      if (isStorageError(error) || !this.#context.db.inTransaction) {
        throw new BatchAborted('storage failed', { cause: error });
      }
      return { ok: false, error };
    }
  }

  #recordPosition(): void {
    const { seq } = this.#context.store.head();
    if (seq === this.#recordedSeq) return;
    this.#projector.recordPosition(seq);
    this.#recordedSeq = seq;
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
