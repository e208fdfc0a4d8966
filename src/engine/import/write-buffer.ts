import { IMPORT_WRITE_BYTES } from './limits.ts';

/** Room beyond IMPORT_WRITE_BYTES for what comes between two looks at `isFull`: one buffer that did not shrink. */
const SLACK_BYTES = 512 * 1024;

/** Buffers that are kept for the next file, of all that were: what is thrown away stays in memory for long. */
const SPARES_MAX = 4;

const spares: Uint8Array<ArrayBuffer>[] = [];

const takeBuffer = (): Uint8Array<ArrayBuffer> =>
  spares.pop() ?? new Uint8Array(IMPORT_WRITE_BYTES + SLACK_BYTES);

/** Gathers what is to be written in two buffers that take turns: one is filled while the other is written. */
export class WriteBuffer {
  #filling = takeBuffer();
  #other: Uint8Array<ArrayBuffer> | null = null;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get isFull(): boolean {
    return this.#length >= IMPORT_WRITE_BYTES;
  }

  add(piece: Uint8Array): void {
    this.#filling.set(piece, this.#length);
    this.#length += piece.byteLength;
  }

  /** What was gathered, which stays as it is until this is called the next time. */
  turn(): Uint8Array {
    const gathered = this.#filling.subarray(0, this.#length);
    const next = this.#other ?? takeBuffer();
    this.#other = this.#filling;
    this.#filling = next;
    this.#length = 0;
    return gathered;
  }

  /** Nothing more is gathered, and what was handed out is of no more use: others may have the buffers. */
  release(): void {
    for (const buffer of [this.#filling, this.#other]) {
      if (buffer !== null && buffer.byteLength > 0 && spares.length < SPARES_MAX) spares.push(buffer);
    }
    this.#filling = new Uint8Array(0);
    this.#other = null;
    this.#length = 0;
  }

  /** What was gathered, as a copy. */
  copy(): Uint8Array<ArrayBuffer> {
    return this.#filling.slice(0, this.#length);
  }
}
