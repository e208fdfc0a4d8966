import type { WalFile } from './database-files.ts';
import { CursorLostError } from './failure.ts';
import { type CommitPlace, FrameScan, type WalHeader } from './wal/index.ts';

/** Pages whose frames are known at once, 4 bytes each: for those that follow, the WAL is read once more. */
const WINDOW_PAGES_MIN = 65_536;
const WINDOW_PAGES_MAX = 4_194_304;

/** The longer a WAL, the fewer times it is read. */
const windowFor = (frames: number): number =>
  Math.min(WINDOW_PAGES_MAX, Math.max(WINDOW_PAGES_MIN, frames * 4));

/** The pages of a WAL up to one of its commits, which lie over those of the main file. */
export class Overlay {
  readonly #wal: WalFile;
  readonly #header: WalHeader;
  readonly #frames: number;
  readonly #window: number;
  /** The last frame of each page of the window, counted from 1; 0 where there is none. */
  readonly #last: Uint32Array;
  #first = 1;

  /** The end of the WAL. */
  readonly end: CommitPlace;

  /**
   * @param frames committed frames
   * @throws CursorLostError when one of them is not as it was written
   */
  constructor(wal: WalFile, header: WalHeader, frames: number, window = windowFor(frames)) {
    this.#wal = wal;
    this.#header = header;
    this.#frames = frames;
    this.#window = window;
    this.#last = new Uint32Array(window);
    this.end = this.#load(1);
  }

  /** The frame that holds a page, or -1 where the main file does. Quick when pages rise. */
  frameOf(page: number): number {
    const first = page - ((page - 1) % this.#window);
    if (first !== this.#first) this.#load(first);
    return this.#last[page - first]! - 1;
  }

  #load(first: number): CommitPlace {
    this.#first = first;
    this.#last.fill(0);
    const scan = new FrameScan(this.#header, { frames: 0, sum: this.#header.sum }, (page, frame) => {
      if (page >= first && page - first < this.#window) this.#last[page - first] = frame + 1;
    });
    const whole = this.#wal.scan(scan, this.#header.pageSize, this.#frames);
    if (!whole || scan.committed === null || scan.committed.frames !== this.#frames) {
      throw new CursorLostError(`the WAL is damaged in frame ${scan.frames + 1}`);
    }
    return scan.committed;
  }
}
