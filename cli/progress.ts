import { humanBytes, humanSeconds } from './human.ts';

/** Work that takes less than this shows nothing. */
const SHOW_AFTER_MS = 1_000;
const REFRESH_MS = 200;

/** One line on a terminal that tells how far a longer piece of work has come; silent anywhere else. */
export class Progress implements Disposable {
  readonly #label: string;
  readonly #totalBytes: number | undefined;
  readonly #started = performance.now();
  #doneBytes = 0;
  #shown = 0;

  /** @param totalBytes undefined where it cannot be known, as of a pipe */
  constructor(label: string, totalBytes: number | undefined) {
    this.#label = label;
    this.#totalBytes = totalBytes;
  }

  /** Counts bytes that were dealt with. */
  add(bytes: number): void {
    this.#doneBytes += bytes;
    const now = performance.now();
    if (!process.stderr.isTTY || now - this.#started < SHOW_AFTER_MS || now - this.#shown < REFRESH_MS)
      return;
    this.#shown = now;
    process.stderr.write(`\r\x1b[K${this.#text(now)}`);
  }

  /** Takes the line away until there is more to tell, so that other output starts on a line of its own. */
  hide(): void {
    if (this.#shown > 0) process.stderr.write('\r\x1b[K');
    this.#shown = 0;
  }

  [Symbol.dispose](): void {
    this.hide();
  }

  #text(now: number): string {
    const rate = this.#doneBytes / ((now - this.#started) / 1_000);
    const text = `${humanBytes(this.#doneBytes)}, ${humanBytes(Math.round(rate))}/s`;
    if (!this.#totalBytes) return `${this.#label} ${text}`;
    const share = Math.floor((this.#doneBytes / this.#totalBytes) * 100);
    const left = humanSeconds((this.#totalBytes - this.#doneBytes) / rate);
    return `${this.#label} ${share}% ${text}, ${left} left`;
  }
}
