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
    const mib = this.#doneBytes / 2 ** 20;
    const rate = mib / ((now - this.#started) / 1000);
    const share = this.#totalBytes ? ` ${Math.floor((this.#doneBytes / this.#totalBytes) * 100)}%` : '';
    return `${this.#label}${share} ${mib.toFixed(0)} MiB, ${rate.toFixed(0)} MiB/s`;
  }
}
