import { type Batch, readBatch } from './batch.ts';
import { Changes, type Files } from './changes.ts';
import { Connections } from './connections.ts';
import { identify, MainFile, WalFile, walPathOf } from './database-files.ts';
import {
  type Change,
  decideChange,
  decideFollow,
  type FileIdentity,
  isInTheWay,
  isSameEnd,
  type Opened,
  type WalCursor,
  type WalStand,
  type WalState,
} from './decisions/index.ts';
import { CursorLostError } from './failure.ts';
import type { StoredDatabase } from './stored-state.ts';
import type { SourceTransaction } from './transaction.ts';
import { isSameGeneration, type WalHeader } from './wal/index.ts';

/** How often a look at a WAL is begun again because it was begun anew meanwhile. */
const LOOKS_MAX = 8;

/** The WAL as it is at one moment. */
export interface WalLook extends WalState {
  readonly header: WalHeader | null;
}

export const NO_WAL: WalStand = { header: null, frames: 0, backfilled: 0 };

/** A live database that is open: its files, its connections, and how far its WAL was read. */
export class Session {
  readonly connections: Connections;
  readonly files: Files;
  readonly pageSize: number;
  readonly #path: string;
  readonly #walPath: string;
  readonly #opened: Opened;
  /** Null when it is not known what the WAL held since the last transaction. */
  cursor: WalCursor | null = null;
  /** The WAL just before the reader was taken: what it keeps others from is that or less. */
  readerSince: WalStand = NO_WAL;

  /**
   * Opens a database, its reader held.
   * @throws LfsbError `EBADDATABASE` when it is none or cannot be in WAL mode; SqliteError when it is locked
   */
  static open(path: string, busyTimeoutMs: number): Session {
    // First, and closed last: the descriptor's end is the end of this process's locks on the file.
    const main = new MainFile(path);
    try {
      return new Session(path, main, busyTimeoutMs);
    } catch (error) {
      main.close();
      throw error;
    }
  }

  private constructor(path: string, main: MainFile, busyTimeoutMs: number) {
    this.#path = path;
    this.#walPath = walPathOf(path);
    this.connections = new Connections(path, busyTimeoutMs);
    try {
      const header = main.header();
      const file = main.identity;
      if (header === null) throw new CursorLostError('the file changed while it was opened');
      const wal = new WalFile(this.#walPath);
      this.files = { main, wal };
      this.pageSize = header.pageSize;
      this.#opened = { ...header, file, wal: wal.identity };
    } catch (error) {
      this.connections.close();
      throw error;
    }
  }

  /** Which main file is open, as it is now. */
  get file(): FileIdentity {
    return this.files.main.identity;
  }

  /** What became of the files since they were opened. */
  change(): Change {
    const main = this.files.main.header();
    return decideChange(this.#opened, {
      file: identify(this.#path),
      wal: identify(this.#walPath),
      main,
    });
  }

  /** The WAL's header and how much of it is committed, which belong together. */
  look(): WalLook {
    for (let i = 0; i < LOOKS_MAX; i++) {
      const header = this.files.wal.header();
      const state = this.connections.walState;
      if (isUnchanged(header, this.files.wal.header())) return { header, ...state };
    }
    throw new CursorLostError('the WAL is begun anew again and again');
  }

  /**
   * The transactions that follow the cursor; null when there are none, and then the cursor is settled.
   * @throws CursorLostError
   */
  nextBatch(): Batch | null {
    for (let i = 0; i < LOOKS_MAX; i++) {
      const { header, frames } = this.look();
      const cursor = this.#follow(header);
      if (header === null || cursor.generation === null || frames <= cursor.frames) {
        if (header === null && frames > cursor.frames)
          throw new CursorLostError('the header of the WAL is damaged');
        this.cursor = { ...cursor, settled: true };
        return null;
      }
      const batch = readBatch(this.files.wal, header, cursor, frames);
      if (batch !== null) return batch;
    }
    throw new CursorLostError('the WAL is begun anew again and again');
  }

  /** A batch was stored, or at least read into memory: the WAL is followed from its end on. */
  passed({ header, to, isAll }: Batch): void {
    this.cursor = { generation: header, frames: to.frames, sum: to.sum, settled: isAll };
  }

  changes(batch: Batch, stored: StoredDatabase, timeMs: number): SourceTransaction {
    return new Changes(this.files, stored, batch, timeMs);
  }

  /** Whether a checkpoint of the application may wait for our reader, which could move: all there is was read. */
  isInTheWay(look: WalLook): boolean {
    if (this.cursor === null) return false;
    const { generation, frames } = this.cursor;
    const isRead = isSameEnd({ header: generation, frames, backfilled: 0 }, look);
    return isRead && isInTheWay(this.readerSince, look);
  }

  /** Frames of the WAL that may lie behind what our reader sees, and are not copied as long as it is held. */
  framesBehindReader({ header, frames }: WalLook): number {
    const { header: known, frames: seen } = this.readerSince;
    return header !== null && known !== null && isSameGeneration(header, known) ? frames - seen : frames;
  }

  /** See `Connections.checkpoint`. */
  checkpoint(): WalState {
    const { header } = this.look();
    const state = this.connections.checkpoint();
    this.readerSince = { header, ...state };
    return state;
  }

  close(): void {
    this.connections.close();
    this.files.wal.close();
    this.files.main.close();
  }

  #follow(header: WalHeader | null): WalCursor {
    if (this.cursor === null) throw new CursorLostError('where the WAL stands is not known');
    const decision = decideFollow(this.cursor, header);
    if (decision.kind === 'lost') throw new CursorLostError(decision.reason);
    if (decision.kind === 'restarted') this.cursor = decision.cursor;
    return this.cursor;
  }
}

const isUnchanged = (a: WalHeader | null, b: WalHeader | null): boolean =>
  a === null || b === null ? a === b : isSameGeneration(a, b);
