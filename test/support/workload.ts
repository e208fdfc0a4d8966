import type { Pos } from '../../src/ltx/index.ts';
import { formatPos } from '../../src/ltx/index.ts';
import type { HttpClient } from './http-client.ts';
import { ModelDatabase, type Transaction } from './ltx-fixtures.ts';
import { Random } from './random.ts';

/** What a writer sends, most of the time. */
export type Habit =
  /** A few pages at a time: payloads that ride in their commit. */
  | 'small'
  /** Much noise at a time: payloads that go through the spool. */
  | 'large'
  /** Many small pages, dropped and created again: page checksums that are staged. */
  | 'wide';

/** More pages than are staged at once (`STAGE_PAGES_MAX`), of the smallest size. */
const WIDE_PAGES = 33_000;
const WIDE_PAGE_BYTES = 512;

/** Pages of noise that do not fit a payload row. */
const LARGE_PAGES = 40;

/** The content of a database at a position. */
interface Acknowledged {
  readonly pos: Pos;
  readonly bytes: Uint8Array;
}

const NOTHING: Acknowledged = { pos: { txid: 0n, checksum: 0n }, bytes: new Uint8Array(0) };

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
  #acknowledged = NOTHING;
  /** Made, and not known to have arrived. */
  #pending: Transaction | null = null;

  constructor(db: string, habit: Habit, seed: number) {
    this.db = db;
    this.#habit = habit;
    this.#random = new Random(seed);
    this.#model = new ModelDatabase({ seed, pageSize: habit === 'wide' ? WIDE_PAGE_BYTES : 4096 });
  }

  /** Position of the last transaction that was acknowledged. */
  get acknowledged(): Pos {
    return this.#acknowledged.pos;
  }

  /** Sends until the connection breaks; any answer but 200 is an error. */
  async send(client: HttpClient, onAcknowledged: (writer: Writer) => void = () => {}): Promise<void> {
    for (;;) {
      const status = await this.sendOne(client);
      if (status === 'broken') return;
      onAcknowledged(this);
    }
  }

  /** Sends the next transaction, or again the one that may not have arrived. */
  async sendOne(client: HttpClient): Promise<'acknowledged' | 'broken'> {
    this.#pending ??= this.#next();
    const answer = await client.post(this.db, this.#pending.ltx).catch(() => null);
    if (answer === null) return 'broken';
    if (answer.status !== 200) throw new Error(`${this.db}: ${answer.status} ${answer.body.toString()}`);
    this.#arrived();
    return 'acknowledged';
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
    return isAhead ? this.#model.bytes() : this.#acknowledged.bytes;
  }

  /** Goes on from the position that the server reported. */
  goOnFrom(position: string): void {
    if (this.#pending !== null && position === formatPos(this.#pending.pos)) this.#arrived();
  }

  #arrived(): void {
    this.#pending = null;
    this.#acknowledged = { pos: this.#model.pos, bytes: this.#model.bytes() };
    this.acknowledgements++;
    // The model keeps every file: over a long run that is too much.
    this.#model.transactions.length = 0;
  }

  #next(): Transaction {
    const random = this.#random;
    const exists = this.#model.commitPages > 0;
    if (exists && random.chance(this.#habit === 'wide' ? 0.05 : 0.03)) return this.#model.drop();
    if (this.#habit === 'wide') return this.#nextWide(exists);
    const isLarge = random.chance(this.#habit === 'large' ? 0.5 : 0.05);
    return isLarge ? this.#nextLarge() : this.#model.mutate({ pagesMax: 40 });
  }

  #nextLarge(): Transaction {
    const noise = Array.from({ length: LARGE_PAGES }, (_, i) => [i + 1, this.#noise(4096)] as const);
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

  #noise(bytes: number): Uint8Array {
    return this.#random.bytes(bytes);
  }
}
