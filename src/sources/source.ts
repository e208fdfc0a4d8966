import { LfsbError } from '../errors/index.ts';
import { backfill, checkpoint } from './checkpoint.ts';
import { identify, WalFile, walPathOf } from './database-files.ts';
import {
  type CheckpointOptions,
  isCheckpointDue,
  isComplete,
  isSameEnd,
  isSameFile,
  type WalStand,
  type WalState,
} from './decisions/index.ts';
import { toSourceFailure } from './failure.ts';
import { Follower } from './follower.ts';
import { handOver } from './hand-over.ts';
import type { RecordFile } from './record-file.ts';
import { emptyReport, type SyncReport } from './report.ts';
import { NO_WAL, Session } from './session.ts';
import type { StoredState } from './stored-state.ts';
import type { Publish } from './transaction.ts';

export interface SourceOptions {
  /** The live database. */
  readonly path: string;
  readonly stored: StoredState;
  readonly record: RecordFile;
  readonly publish: Publish;
  /** Wall clock, ms since the epoch. */
  readonly now: () => number;
  /** How long a lock of the application's is waited for, ms. */
  readonly busyTimeoutMs: number;
  readonly checkpoint: CheckpointOptions;
}

interface Open {
  readonly session: Session;
  readonly follower: Follower;
}

/**
 * A live SQLite file as a source of transactions. It blocks its thread where SQLite does, so that is not the one that
 * serves others. One call at a time.
 */
export class Source {
  readonly #options: SourceOptions;
  #open: Open | null = null;
  /** The WAL of a file that was replaced; held open, so that its inode stands for no other. */
  #foreign: WalFile | null = null;
  #seen: WalStand = NO_WAL;
  #changedMs = 0;
  #unfinished: { readonly atMs: number; readonly frames: number } | null = null;

  constructor(options: SourceOptions) {
    this.#options = options;
  }

  /**
   * Publishes all that was committed until now, and checkpoints when it is time.
   * @throws LfsbError `EUNAVAILABLE` when the database is locked or a disk is full, `EBADDATABASE`, `ECORRUPT`, or
   *   what publishing fails with. The next sync goes on where this one ended
   */
  async sync(): Promise<SyncReport> {
    const report = emptyReport();
    try {
      const open = await this.#ready(report);
      if (open !== null) await this.#syncOpen(open, report);
      report.pos ??= this.#options.stored.load().state.pos;
      return report;
    } catch (error) {
      // What SQLite or the file system fails with may come of connections that are no good any more.
      if (!(error instanceof LfsbError)) this.#leave();
      throw toSourceFailure(this.#options.path, error);
    }
  }

  /**
   * Whether all that our reader sees was copied since the last sync, and a checkpoint of the application may now wait
   * for the reader alone. A look that takes no lock; what it fails with is for a sync to tell.
   */
  isAwaited(): boolean {
    const session = this.#open?.session;
    if (session === undefined) return false;
    try {
      const look = session.look();
      return isComplete(look) && session.isInTheWay(look);
    } catch {
      return true;
    }
  }

  /** Lets go of the database; its WAL stays as it is. */
  close(): void {
    this.#leave();
    this.#foreign?.close();
    this.#foreign = null;
    this.#options.record.close();
  }

  async #syncOpen(open: Open, report: SyncReport): Promise<void> {
    const { session, follower } = open;
    await this.#catchUp(open, report);
    const look = session.look();
    if (session.isInTheWay(look)) await handOver(session, follower, report);
    this.#note(look);
    if (this.#isCheckpointDue(look)) await this.#checkpoint(open, report);
    const { frames, backfilled } = session.connections.walState;
    report.walFrames = frames;
    report.walBackfilled = backfilled;
  }

  /** Publishes what there is; a checkpoint that is due finds the reader that it needs, and no further transaction. */
  async #catchUp({ session, follower }: Open, report: SyncReport): Promise<void> {
    const isDue = session.cursor !== null && this.#isCheckpointDue(session.look());
    if (isDue) await handOver(session, follower, report);
    else await follower.catchUp(report);
  }

  #note(look: WalStand): void {
    if (!isSameEnd(look, this.#seen)) this.#changedMs = this.#options.now();
    this.#seen = look;
  }

  #isCheckpointDue(state: WalState): boolean {
    const times = { nowMs: this.#options.now(), changedMs: this.#changedMs, unfinished: this.#unfinished };
    return isCheckpointDue({ ...state, ...times }, this.#options.checkpoint);
  }

  async #checkpoint({ session, follower }: Open, report: SyncReport): Promise<void> {
    await backfill(session, follower, report);
    const { frames } = session.connections.walState;
    report.checkpoint = await checkpoint(session, follower, report);
    this.#unfinished = report.checkpoint === 'done' ? null : { atMs: this.#options.now(), frames };
  }

  /** The database, open and not changed behind our back; null when there is nothing to open. */
  async #ready(report: SyncReport): Promise<Open | null> {
    const change = this.#open?.session.change() ?? { kind: 'none' };
    if (this.#open !== null && change.kind === 'none') return this.#open;
    if (this.#open !== null) {
      report.reopened = change.kind === 'reopen' ? change.reason : null;
      await this.#leaveChanged(this.#open, report);
    }
    const { path } = this.#options;
    if (identify(path) === null) report.state = 'missing';
    else if (this.#isForeign()) report.state = 'foreign-wal';
    else return this.#enter();
    return null;
  }

  #enter(): Open {
    const { path, busyTimeoutMs } = this.#options;
    const session = Session.open(path, busyTimeoutMs);
    const follower = new Follower({ ...this.#options, session });
    this.#open = { session, follower };
    const change = session.change();
    if (change.kind !== 'none') {
      this.#leave();
      throw new LfsbError('EUNAVAILABLE', `${path} changed while it was opened`);
    }
    this.#changedMs = this.#options.now();
    return this.#open;
  }

  /** Takes what the open descriptors still give, since the file they lead to is out of reach afterwards. */
  async #leaveChanged({ session, follower }: Open, report: SyncReport): Promise<void> {
    const wal = identify(walPathOf(this.#options.path));
    const isLeft = wal !== null && isSameFile(wal, session.files.wal.identity);
    try {
      await follower.catchUp(report);
    } catch (error) {
      report.warnings.push(`the former file was not read to its end: ${String(error)}`);
    }
    const isReplaced = identify(this.#options.path)?.inode !== session.file.inode;
    if (isLeft && isReplaced) this.#foreign = new WalFile(walPathOf(this.#options.path));
    this.#leave();
  }

  #isForeign(): boolean {
    if (this.#foreign === null) return false;
    const wal = identify(walPathOf(this.#options.path));
    if (wal !== null && isSameFile(wal, this.#foreign.identity)) return true;
    this.#foreign.close();
    this.#foreign = null;
    return false;
  }

  #leave(): void {
    this.#open?.session.close();
    this.#open = null;
    this.#seen = NO_WAL;
    this.#unfinished = null;
  }
}
