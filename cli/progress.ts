import { humanBytes, humanSeconds } from './human.ts';
import { clearStatus, showStatus } from './status-line.ts';

/** Work that takes less than this shows nothing. */
const SHOW_AFTER_MS = 1_000;
const REFRESH_MS = 200;

/** One line on a terminal that tells how far a longer piece of work has come; silent anywhere else. */
export class Progress implements Disposable {
  readonly #label: string;
  readonly #total: number | undefined;
  readonly #noun: string | undefined;
  readonly #started = performance.now();
  #done = 0;
  #shown = 0;

  /**
   * @param total undefined where it cannot be known, as of a pipe
   * @param noun what is counted, in the plural; bytes unless given
   */
  constructor(label: string, total: number | undefined, noun?: string) {
    this.#label = label;
    this.#total = total;
    this.#noun = noun;
  }

  /** Counts what was dealt with. */
  add(count: number): void {
    this.#done += count;
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#started < SHOW_AFTER_MS || now - this.#shown < REFRESH_MS)
      return;
    this.#shown = now;
    showStatus(this.#text(now));
  }

  /** Takes the line away until there is more to tell, so that other output starts on a line of its own. */
  hide(): void {
    if (this.#shown > 0) clearStatus();
    this.#shown = 0;
  }

  [Symbol.dispose](): void {
    this.hide();
  }

  #text(now: number): string {
    const rate = this.#done / ((now - this.#started) / 1_000);
    const text =
      this.#noun === undefined
        ? `${humanBytes(this.#done)}, ${humanBytes(Math.round(rate))}/s`
        : `${this.#done} ${this.#noun}`;
    if (!this.#total) return `${this.#label} ${text}`;
    const share = Math.floor((this.#done / this.#total) * 100);
    const left = humanSeconds((this.#total - this.#done) / rate);
    return `${this.#label} ${share}% ${text}, ${left} left`;
  }
}
