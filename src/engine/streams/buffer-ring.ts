import { STREAM_BUFFERS, STREAM_CHUNK_BYTES } from './messages.ts';

/** The buffers of one stream on the sending side: each is away until its reader has taken what was in it. */
export class BufferRing {
  readonly #free: ArrayBuffer[] = [];
  #made = 0;
  #started = false;
  #cancelled = false;
  #wake: (() => void) | null = null;

  /** The reader is there: sending may begin. */
  start(): void {
    this.#started = true;
    this.#wake?.();
  }

  /** A buffer came back. */
  give(buffer: ArrayBuffer): void {
    this.#free.push(buffer);
    this.#wake?.();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  /** The reader wants no more. */
  get isCancelled(): boolean {
    return this.#cancelled;
  }

  /** Waits for a buffer to fill; null when the reader wants no more. */
  async take(): Promise<Uint8Array<ArrayBuffer> | null> {
    for (;;) {
      if (this.#cancelled) return null;
      const buffer = this.#started ? this.#available() : undefined;
      if (buffer !== undefined) return new Uint8Array(buffer);
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
      this.#wake = null;
    }
  }

  #available(): ArrayBuffer | undefined {
    const free = this.#free.pop();
    if (free !== undefined || this.#made === STREAM_BUFFERS) return free;
    this.#made++;
    return new ArrayBuffer(STREAM_CHUNK_BYTES);
  }
}
