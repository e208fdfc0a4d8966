import type { Pos } from '../../src/ltx/index.ts';
import { formatPos } from '../../src/ltx/index.ts';
import type { Answer, HttpClient } from './http-client.ts';
import { ModelDatabase, type Transaction } from './ltx-fixtures.ts';
import { Random } from './random.ts';

/** What a writer sends, most of the time. */
export type Habit =
  /** A few pages at a time: payloads that ride in their commit. */
  | 'small'
  /** Tens of kilobytes of noise at a time: the largest that still ride in their commit. */
  | 'medium'
  /** Much noise at a time: payloads that go through the spool. */
  | 'large'
  /** Many small pages, dropped and created again: page checksums that are staged. */
  | 'wide';

/** More pages than are staged at once (`STAGE_PAGES_MAX`), of the smallest size. */
const WIDE_PAGES = 33_000;
const WIDE_PAGE_BYTES = 512;

/** Pages of noise that do not fit a payload row, and that do. */
const LARGE_PAGES = 40;
const MEDIUM_PAGES = 14;

/** A database at a position. Its pages are never changed in place, so a copy of the map will do. */
export interface Content {
  readonly pos: Pos;
  readonly pageSize: number;
  readonly commit: number;
  readonly pages: ReadonlyMap<number, Uint8Array>;
}

const contentOf = ({ pos, pageSize, commitPages, pages }: ModelDatabase): Content => ({
  pos,
  pageSize,
  commit: commitPages,
  pages: new Map(pages),
});

/** The SQLite file. */
export function bytesOf({ pageSize, commit, pages }: Content): Uint8Array {
  const bytes = new Uint8Array(commit * pageSize);
  for (const [pageNumber, data] of pages) bytes.set(data, (pageNumber - 1) * pageSize);
  return bytes;
}

/** A transaction that a writer made, and what its database holds after it. */
export interface Made {
  readonly db: string;
  readonly ltx: Uint8Array;
  readonly content: Content;
}

/**
 * One database of a primary that behaves as LiteFS: it sends one transaction after another, and after a
 * connection broke it asks for the position and goes on from there.
 */
export class Writer {
  readonly db: string;
  acknowledgements = 0;
  readonly #habit: Habit;
  readonly #model: ModelDatabase;
  readonly #random: Random;
  readonly #onMade: (made: Made) => void;
  #acknowledged: Content;
  /** Made, and not known to have arrived. */
  #pending: Transaction | null = null;

  /** @param onMade told of every transaction before it is sent */
  constructor(db: string, habit: Habit, seed: number, onMade: (made: Made) => void = () => {}) {
    this.db = db;
    this.#onMade = onMade;
    this.#habit = habit;
    this.#random = new Random(seed);
    this.#model = new ModelDatabase({ seed, pageSize: habit === 'wide' ? WIDE_PAGE_BYTES : 4096 });
    this.#acknowledged = contentOf(this.#model);
  }

  /** Position of the last transaction that was acknowledged. */
  get acknowledged(): Pos {
    return this.#acknowledged.pos;
  }

  /** Sends until the connection breaks; any answer but 200 is an error. */
  async send(client: HttpClient): Promise<void> {
    for (let answer = await this.sendOne(client); answer !== null; ) answer = await this.sendOne(client);
  }

  /** Sends the next transaction, or again the one that may not have arrived; null when the connection broke. */
  async sendOne(client: HttpClient): Promise<Answer | null> {
    this.#pending ??= this.#next();
    const answer = await client.post(this.db, this.#pending.ltx).catch(() => null);
    if (answer === null) return null;
    if (answer.status !== 200) throw new Error(`${this.db}: ${answer.status} ${answer.body.toString()}`);
    this.#arrived();
    return answer;
  }

  /** What the position may be after a crash: as acknowledged, or one ahead where the answer was lost. */
  possiblePositions(): string[] {
    const positions = [this.#acknowledged.pos];
    if (this.#pending !== null) positions.push(this.#pending.pos);
    return positions.map((pos) => (pos.txid === 0n ? 'none' : formatPos(pos)));
  }

  /** What the database must hold at a position that is possible. */
  bytesAt(position: string): Uint8Array {
    const isAhead = this.#pending !== null && position === formatPos(this.#pending.pos);
    return bytesOf(isAhead ? contentOf(this.#model) : this.#acknowledged);
  }

  /** Goes on from the position that the server reported. */
  goOnFrom(position: string): void {
    if (this.#pending !== null && position === formatPos(this.#pending.pos)) this.#arrived();
  }

  #arrived(): void {
    this.#pending = null;
    this.#acknowledged = contentOf(this.#model);
    this.acknowledgements++;
    // The model keeps every file: over a long run that is too much.
    this.#model.transactions.length = 0;
  }

  #next(): Transaction {
    const transaction = this.#make();
    this.#onMade({ db: this.db, ltx: transaction.ltx, content: contentOf(this.#model) });
    return transaction;
  }

  #make(): Transaction {
    const random = this.#random;
    const exists = this.#model.commitPages > 0;
    if (exists && random.chance(this.#habit === 'wide' ? 0.05 : 0.03)) return this.#model.drop();
    if (this.#habit === 'wide') return this.#nextWide(exists);
    if (this.#habit === 'medium') return this.#nextNoise(MEDIUM_PAGES);
    if (random.chance(this.#habit === 'large' ? 0.5 : 0.05)) return this.#nextNoise(LARGE_PAGES);
    return random.chance(0.2) ? this.#model.mutate({ pagesMax: 40 }) : this.#nextSmall();
  }

  #nextSmall(): Transaction {
    const pages = Array.from({ length: 3 }, () => [this.#random.int(1, 30), this.#noise(4096)] as const);
    return this.#model.commit({ pages });
  }

  #nextNoise(pages: number): Transaction {
    const noise = Array.from({ length: pages }, (_, i) => [i + 1, this.#noise(4096)] as const);
    return this.#model.commit({ pages: noise });
  }

  #nextWide(exists: boolean): Transaction {
    const random = this.#random;
    const commit = exists ? random.int(WIDE_PAGES - 2_000, WIDE_PAGES) : WIDE_PAGES;
    const pages = Array.from(
      { length: 8 },
      () => [random.int(1, commit), this.#noise(WIDE_PAGE_BYTES)] as const,
    );
    return this.#model.commit({ pages, commit });
  }

  /** Noise by the word: the load must not wait for its generator. */
  #noise(bytes: number): Uint8Array {
    const words = new Uint32Array(bytes / 4);
    let state = this.#random.int(1, 2 ** 31);
    for (let i = 0; i < words.length; i++) {
      state ^= state << 13;
      state ^= state >>> 17;
      state ^= state << 5;
      words[i] = state;
    }
    return new Uint8Array(words.buffer);
  }
}
