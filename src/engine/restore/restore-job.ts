import { LfsbError } from '../../errors/index.ts';
import type { LtxHeader } from '../../ltx/index.ts';
import type { Sealed, SumsPart } from '../import/messages.ts';
import type { FromWorker, ToWorker } from '../streams/messages.ts';
import type { DrilledPoint, DrillRequest } from '../verify/messages.ts';
import type { BuildOptions, BuildPoint, Built, RestoreAnswer, RestoreQuestion } from './messages.ts';

/** Takes page checksums that a build gives before it is done; resolves when there may be more. */
export type TakeSums = (part: SumsPart) => Promise<void>;

interface Awaiting {
  readonly resolve: (answer: RestoreAnswer) => void;
  readonly reject: (error: Error) => void;
}

/** One restore, as the thread that answers the client sees it. One call at a time, `cancel` apart. */
export class RestoreJob {
  readonly id: number;
  readonly #post: (message: ToWorker) => void;
  readonly #onClose: () => void;
  #awaited: Awaiting | null = null;
  #takeSums: TakeSums | null = null;
  #failure: Error | null = null;
  /** Why page checksums could not be staged: what the build then fails with. */
  #stageFailure: Error | null = null;
  #threadEnded = false;

  constructor(id: number, post: (message: ToWorker) => void, onClose: () => void) {
    this.id = id;
    this.#post = post;
    this.#onClose = onClose;
  }

  /** @throws LfsbError `ECORRUPT` when the point cannot be built; `EINCOMPLETE` after `cancel` */
  async check(stream: string, target: BuildPoint): Promise<void> {
    await this.#ask<'checked'>({ kind: 'check', stream, target });
  }

  /** @throws LfsbError `ECORRUPT` when the point cannot be built; `EINCOMPLETE` after `cancel` */
  build(options: BuildOptions, takeSums: TakeSums): Promise<Built> {
    this.#takeSums = takeSums;
    return this.#ask<'built'>({ kind: 'build', ...options });
  }

  /** Begins a drill; resolves to the number of points that `drillNext` will give. */
  async drill(request: DrillRequest): Promise<number> {
    return (await this.#ask<'drillBegun'>({ kind: 'drill', request })).points;
  }

  /** Proves one more point; null when there is none. @throws LfsbError `EINCOMPLETE` after `cancel` */
  async drillNext(): Promise<DrilledPoint | null> {
    return (await this.#ask<'drilled'>({ kind: 'drillNext' })).point;
  }

  /** Gives the file that was built a header and makes it durable. May be done again. */
  seal(header: LtxHeader): Promise<Sealed> {
    return this.#ask<'sealed'>({ kind: 'seal', header });
  }

  /** Nobody wants it any more: what is under way fails soon. It still has to be closed. */
  cancel(): void {
    if (!this.#threadEnded) this.#post({ type: 'cancel', id: this.id });
  }

  /** Ends the restore; unless it is kept nothing of it stays. What a dead thread left, the next start deletes. */
  async close(keep: boolean): Promise<void> {
    this.#failure = null;
    try {
      if (!this.#threadEnded) await this.#ask<'closed'>({ kind: 'close', keep });
    } finally {
      this.#onClose();
    }
  }

  receive(message: FromWorker): void {
    if (message.type === 'sums') void this.#pass(message);
    else if (message.type === 'failed') {
      const failed = new LfsbError(message.code, message.message, { cause: message.stack });
      this.#reject(this.#stageFailure ?? failed);
    } else if (message.type === 'answer') {
      const awaited = this.#awaited;
      this.#awaited = null;
      awaited?.resolve(message.answer);
    }
  }

  /** The thread is no more. */
  fail(error: Error): void {
    this.#threadEnded = true;
    this.#reject(error);
  }

  async #pass({ numbers, sums }: SumsPart): Promise<void> {
    try {
      await this.#takeSums?.({ numbers, sums });
      this.#post({ type: 'staged', id: this.id });
    } catch (error) {
      this.#stageFailure = error instanceof Error ? error : new Error(String(error));
      this.cancel();
    }
  }

  /** The answer to a question is of the kind that `RestoreAnswer` has for it. */
  #ask<K extends RestoreAnswer['kind']>(
    question: RestoreQuestion,
  ): Promise<Extract<RestoreAnswer, { kind: K }>> {
    if (this.#failure !== null) return Promise.reject(this.#failure);
    return new Promise((resolve, reject) => {
      this.#awaited = { resolve: (answer) => resolve(answer as Extract<RestoreAnswer, { kind: K }>), reject };
      this.#post({ type: 'ask', id: this.id, question });
    });
  }

  #reject(error: Error): void {
    this.#failure = error;
    const awaited = this.#awaited;
    this.#awaited = null;
    awaited?.reject(error);
  }
}
