import { LfsbError } from '../errors/index.ts';
import type { Pos } from '../ltx/index.ts';
import type { Batch } from './batch.ts';
import { beginComparison } from './comparison.ts';
import { decideResume, startOf } from './decisions/index.ts';
import { deletion } from './deletion.ts';
import { CursorLostError } from './failure.ts';
import { begun } from './reading.ts';
import type { RecordFile } from './record-file.ts';
import type { SyncReport } from './report.ts';
import type { Session } from './session.ts';
import type { StoredDatabase, StoredState } from './stored-state.ts';
import type { Publish, SourceTransaction } from './transaction.ts';
import { Whole } from './whole.ts';

/** How often the whole database is read in one sync before it is given up until the next. */
const COMPARISONS_MAX = 3;

export interface FollowerOptions {
  readonly session: Session;
  readonly stored: StoredState;
  readonly record: RecordFile;
  readonly publish: Publish;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
}

/** Publishes what an open database commits, in order, and keeps where its WAL stands. */
export class Follower {
  readonly #options: FollowerOptions;
  readonly #session: Session;
  /** The position that the cursor belongs to. */
  #pos: Pos | null = null;
  /** Why a record is not to be gone on from. */
  #doubt: string | null = null;

  constructor(options: FollowerOptions) {
    this.#options = options;
    this.#session = options.session;
  }

  /**
   * Publishes all that is committed. Afterwards the cursor is settled.
   * @throws LfsbError what publishing fails with; `ECORRUPT` when the WAL is damaged and readers keep it so
   */
  async catchUp(report: SyncReport): Promise<void> {
    for (let comparisons = 0; ; ) {
      try {
        this.#requireOwnPosition();
        if (this.#session.cursor === null && !this.#resume()) {
          comparisons += 1;
          await this.#compare(report);
        }
        await this.#follow(report);
        return;
      } catch (error) {
        if (!(error instanceof CursorLostError)) throw error;
        if (comparisons >= COMPARISONS_MAX) {
          throw new LfsbError('ECORRUPT', `the database cannot be read as it changes: ${error.message}`);
        }
        report.warnings.push(error.message);
        this.#lose(error);
        // What is damaged in the WAL is what the application reads: in the main file it can be read whole.
        if (comparisons > 0) this.#session.checkpoint();
      }
    }
  }

  /** What was committed until now, as one transaction where it is not too much. What comes meanwhile is for the next sync. */
  async #follow(report: SyncReport): Promise<void> {
    for (;;) {
      const batch = this.#session.nextBatch();
      if (batch === null) return;
      const transaction = this.changes(batch);
      await this.#publish(transaction, report);
      this.passed(batch, transaction.pos);
      if (batch.isAll) return;
    }
  }

  changes(batch: Batch): SourceTransaction {
    const { stored, now } = this.#options;
    return this.#session.changes(batch, stored.load(), now());
  }

  /** Publishes a batch that was read before the WAL was let go of: if that fails it cannot be read again. */
  async publishRead(batch: Batch, transaction: SourceTransaction, report: SyncReport): Promise<void> {
    try {
      await this.#publish(transaction, report);
      this.passed(batch, transaction.pos);
    } catch (error) {
      this.#lose(error);
      throw error;
    }
  }

  passed(batch: Batch, pos: Pos): void {
    this.#session.passed(batch);
    this.#pos = pos;
    this.keepRecord();
  }

  /** Notes where the WAL stands, and when the main file was last written to. */
  keepRecord(): void {
    const { cursor, file, pageSize } = this.#session;
    if (cursor === null || cursor.generation === null || this.#pos === null) return;
    const { generation, frames, sum } = cursor;
    this.#options.record.write({ pos: this.#pos, pageSize, generation, frames, sum, file });
  }

  /** What the cursor goes on from has to be what is stored: others may append to it, as a restore does. */
  #requireOwnPosition(): void {
    const { state } = this.#options.stored.load();
    if (this.#session.cursor === null) return;
    if (state.withheld) throw new CursorLostError('a full snapshot is asked for');
    if (state.pos?.txid !== this.#pos?.txid || state.pos?.checksum !== this.#pos?.checksum) {
      throw new CursorLostError('the stored position moved');
    }
  }

  /** Goes on from where the WAL stood at the last transaction; false when the database has to be compared. */
  #resume(): boolean {
    const { stored, record } = this.#options;
    const { state } = stored.load();
    if (this.#doubt !== null || state.withheld) return false;
    const known = record.read();
    const { header, frames } = this.#session.look();
    const { files, file, pageSize } = this.#session;
    const frameAt = (frame: number) => (frame < 0 ? null : files.wal.frameHeader(frame, pageSize));
    const read = known?.frames ?? 0;
    const decision = decideResume({
      ...{ record: known, pos: state.pos, file, header, frames },
      lastFrame: frameAt(read - 1),
      nextFrame: frameAt(read),
    });
    if (decision.kind === 'compare' || header === null) {
      this.#doubt = decision.kind === 'compare' ? decision.reason : 'the WAL is empty';
      return false;
    }
    const place = decision.kind === 'start' ? startOf(header) : decision.from;
    this.#session.cursor = { ...place, generation: header, settled: false };
    this.#pos = state.pos;
    return true;
  }

  /** Reads the whole database and publishes what differs from what is stored, or all of it. */
  async #compare(report: SyncReport): Promise<void> {
    const { now } = this.#options;
    report.compared ??= this.#doubt ?? 'a full snapshot is asked for';
    const { whole, cursor } = beginComparison(this.#session);
    const stored = await this.#continuable(report);
    const differences = await begun(new Whole(whole, stored, now()));
    this.#pos = stored.state.pos;
    if (differences !== null) await this.#publish(differences, report);
    if (differences !== null) this.#pos = differences.pos;
    this.#session.cursor = cursor;
    this.#doubt = null;
    this.keepRecord();
  }

  /** What is stored, behind a deletion where nothing can go on from it because of its page size. */
  async #continuable(report: SyncReport): Promise<StoredDatabase> {
    const { stored, now } = this.#options;
    const known = stored.load();
    const { commit, pageSize, withheld } = known.state;
    if (commit === 0 || withheld || pageSize === this.#session.pageSize) return known;
    report.warnings.push(`the page size changed from ${pageSize} to ${this.#session.pageSize}`);
    await this.#publish(deletion(known, now()), report);
    return stored.load();
  }

  async #publish(transaction: SourceTransaction, report: SyncReport): Promise<void> {
    await this.#options.publish(transaction);
    report.transactions += 1;
    report.pages += transaction.pages;
    report.pos = transaction.pos;
  }

  #lose(error: unknown): void {
    this.#session.cursor = null;
    this.#doubt = error instanceof Error ? error.message : String(error);
  }
}
