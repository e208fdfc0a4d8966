import { LfsbError } from '../../errors/index.ts';
import { type LtxHeader, lockPage } from '../../ltx/index.ts';
import type { Sealed, SumsPart } from '../import/messages.ts';
import { type BuiltSnapshot, buildSnapshot, type SnapshotPlaces } from '../snapshot/build.ts';
import { ChangeEncoder } from './change-encoder.ts';
import { FirstPage } from './first-page.ts';
import type { BuildOptions, BuildPoint, Built } from './messages.ts';
import { PageFeed } from './page-feed.ts';

export interface RestoreTaskOptions {
  readonly places: SnapshotPlaces;
  /** Takes page checksums that are to be staged; resolves when there may be more. */
  readonly stage: (part: SumsPart) => Promise<void>;
  /** Aborted when nobody wants the restore any more. */
  readonly signal: AbortSignal;
}

/** One restore as its thread works on it. Calls follow each other; after one that throws only `close` may come. */
export class RestoreTask {
  readonly #options: RestoreTaskOptions;
  #encoder: ChangeEncoder | null = null;

  constructor(options: RestoreTaskOptions) {
    this.#options = options;
  }

  /**
   * Builds a state from what is stored, and throws it away.
   * @throws LfsbError `ECORRUPT`; `EINCOMPLETE` when it was aborted; LtxError
   */
  async check(stream: string, target: BuildPoint): Promise<void> {
    await this.#withPages(stream, target, (feed) => feed?.drain());
  }

  /**
   * Builds the target and, where there is something to compare it with, keeps the pages that differ: their
   * contents are compared, which checksums alone would not prove to be the same.
   * @throws LfsbError `ECORRUPT`; `EINCOMPLETE` when it was aborted; LtxError
   */
  build(options: BuildOptions): Promise<Built> {
    const { stream, target, current } = options;
    return this.#withPages(stream, target, (feed) =>
      current === null
        ? this.#encode(options, feed, null)
        : this.#withPages(stream, current, (old) => this.#encode(options, feed, old)),
    );
  }

  /** Gives the file a header and makes it durable. May be done again. */
  seal(header: LtxHeader): Promise<Sealed> {
    if (this.#encoder === null) throw new Error('a file is sealed once it is built');
    return this.#encoder.seal(header);
  }

  /** The restore is over: the file stays where a commit has named it. */
  async close(keep: boolean): Promise<void> {
    if (!keep) await this.#encoder?.discard();
  }

  /** Opens the pages of a state, each stored file of which is held to its SHA-256; null for a dropped database. */
  async #withPages<T>(
    stream: string,
    { pos, pageSize, commit }: BuildPoint,
    work: (feed: PageFeed | null) => Promise<T> | T,
  ): Promise<T> {
    if (commit === 0) return work(null);
    const { places } = this.#options;
    // The time is of no matter to the bytes of a database.
    const request = { stream, format: 'sqlite', pos, pageSize, commit, effectiveTime: 0 } as const;
    const chainTo: SnapshotPlaces['chainTo'] = (...of) => this.#whileWanted(places.chainTo(...of));
    const content: BuiltSnapshot = await buildSnapshot(request, { ...places, chainTo });
    try {
      return await work(new PageFeed(content.chunks, pageSize, () => this.#checkWanted()));
    } finally {
      await content.close();
    }
  }

  async #encode(options: BuildOptions, feed: PageFeed | null, old: PageFeed | null): Promise<Built> {
    const { target, current } = options;
    const { spoolDirectory } = this.#options.places;
    const encoder = new ChangeEncoder({
      spoolDirectory,
      pageSize: target.pageSize,
      stage: this.#options.stage,
    });
    this.#encoder = encoder;
    const first = new FirstPage(options.keepWal);
    const lock = lockPage(target.pageSize);
    for (let number = 1; feed !== null && number <= target.commit; number++) {
      const page = feed.take() ?? (await feed.next());
      const before = number > (current?.commit ?? 0) ? null : (old?.take() ?? (await old?.next()) ?? null);
      if (number === lock) continue;
      const content = number === 1 ? first.adapt(page) : page;
      if (before !== null && Buffer.compare(before, content) === 0) continue;
      if (number === 1) first.isKept = true;
      encoder.page(number, content);
      if (encoder.mustPutAway) await encoder.putAway();
    }
    await feed?.drain();
    await old?.drain();
    const postApplyChecksum = first.checksumOf(target.pos.checksum);
    const { outline, rest } = await encoder.end(postApplyChecksum);
    const { journalMode, isForced: journalModeForced } = first;
    return { pages: outline.pages, postApplyChecksum, journalMode, journalModeForced, rest };
  }

  /** The files of a chain, as long as somebody wants what is made of them. */
  *#whileWanted<T>(files: Iterable<T>): Generator<T> {
    for (const file of files) {
      this.#checkWanted();
      yield file;
    }
  }

  #checkWanted(): void {
    if (this.#options.signal.aborted) throw new LfsbError('EINCOMPLETE', 'the client left before the end');
  }
}
