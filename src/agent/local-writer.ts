import type { EngineWriter } from '../engine/writer/client.ts';
import type { WriterCommands } from '../engine/writer/messages.ts';
import type { GroupCommit, Handlers, Log } from '../log/index.ts';

/**
 * The log's writer in the thread that asks: a commit a command. What the server gains from a thread of its own
 * and from batches, one writer that syncs now and then does not need, and it saves the memory of a thread.
 */
export class LocalWriter implements EngineWriter {
  readonly #commits: GroupCommit;
  /** How many it was given: as long as that is the same, the log is. */
  commands = 0;

  constructor(log: Log, handlers: Handlers) {
    this.#commits = log.groupCommit(handlers);
  }

  async execute<K extends keyof WriterCommands>(
    command: WriterCommands[K]['command'] & { readonly type: K },
  ): Promise<WriterCommands[K]['result']> {
    this.commands += 1;
    const [outcome] = this.#commits.runBatch([{ ...command }]);
    if (outcome === undefined) throw new Error('a command has an outcome');
    if (!outcome.ok) throw outcome.error;
    return outcome.value as WriterCommands[K]['result'];
  }
}
