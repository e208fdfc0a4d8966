import { LfsbError } from '../../errors/index.ts';
import { LtxError } from '../../ltx/index.ts';
import type { SumsPart } from '../import/messages.ts';
import type { SnapshotPlaces } from '../snapshot/build.ts';
import { type DrillPlaces, DrillTask } from '../verify/drill-task.ts';
import type { RestoreAnswer, RestoreQuestion } from './messages.ts';
import { RestoreTask } from './restore-task.ts';

/** What a restore's thread sends. */
export interface RestorePost {
  answer(answer: RestoreAnswer): void;
  sums(part: SumsPart): void;
  failed(error: unknown): void;
}

/** One restore or drill in its thread: takes what the other side sends, and answers question after question. */
export class RestoreHost {
  readonly #post: RestorePost;
  readonly #task: RestoreTask;
  readonly #drill: DrillTask;
  readonly #abort = new AbortController();
  #staged: (() => void) | null = null;
  #failed = false;

  constructor(places: SnapshotPlaces & DrillPlaces, post: RestorePost) {
    this.#post = post;
    const stage = (part: SumsPart): Promise<void> => {
      post.sums(part);
      return new Promise((resolve) => {
        this.#staged = resolve;
      });
    };
    this.#task = new RestoreTask({ places, stage, signal: this.#abort.signal });
    this.#drill = new DrillTask(places, () => {
      if (this.#abort.signal.aborted) throw new LfsbError('EINCOMPLETE', 'the client left before the end');
    });
  }

  /** Answers a question; after a failure only `close`. Returns whether the restore is over. */
  async ask(question: RestoreQuestion): Promise<boolean> {
    const isOver = question.kind === 'close';
    if (this.#failed && !isOver) return false;
    try {
      this.#post.answer(await this.#answer(question));
    } catch (error) {
      this.#failed = true;
      this.#post.failed(error instanceof LtxError ? damaged(error) : error);
    }
    return isOver;
  }

  /** The page checksums that were sent are staged. */
  staged(): void {
    this.#staged?.();
    this.#staged = null;
  }

  /** Nobody wants the restore any more: what is under way ends soon. */
  cancel(): void {
    this.#abort.abort();
    this.staged();
  }

  async #answer(question: RestoreQuestion): Promise<RestoreAnswer> {
    switch (question.kind) {
      case 'check':
        await this.#task.check(question.stream, question.target);
        return { kind: 'checked' };
      case 'build':
        return { kind: 'built', ...(await this.#task.build(question)) };
      case 'seal':
        return { kind: 'sealed', ...(await this.#task.seal(question.header)) };
      case 'drill':
        return { kind: 'drillBegun', points: this.#drill.begin(question.request) };
      case 'drillNext':
        return { kind: 'drilled', point: await this.#drill.next() };
      case 'close':
        this.#drill[Symbol.dispose]();
        await this.#task.close(question.keep);
        return { kind: 'closed' };
    }
  }
}

/** The stored files have the SHA-256 of the log and still do not make the database: they, not the client, are wrong. */
const damaged = (cause: LtxError): LfsbError =>
  new LfsbError('ECORRUPT', `the stored files do not lead to that point: ${cause.message}`, { cause });
