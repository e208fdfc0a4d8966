import { createHash } from 'node:crypto';
import type { PayloadPlace } from '../../commands/ingest.ts';
import { SpoolFile } from '../spool.ts';

/** Payloads up to this size ride in the commit that names them; larger ones go through the spool. */
export const PAYLOAD_ROW_BYTES_MAX = 64 * 1024;

/** Bytes that are written to the spool at once; as many again come in meanwhile. */
export const FLUSH_BYTES = 512 * 1024;

/** A payload that is whole: durable in the spool, or in memory to ride in the commit. */
export interface StoredBytes {
  readonly place: PayloadPlace;
  /** The payload itself when it rides in the commit: a buffer of its own, that may be transferred. */
  readonly bytes: Uint8Array<ArrayBuffer> | null;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Takes the bytes of one payload as they come, hashes them, and keeps them in memory or in the spool. */
export class PayloadSink {
  readonly #spoolDirectory: string;
  readonly #hash = createHash('sha256');
  #chunks: Uint8Array[] = [];
  #pending = 0;
  #size = 0;
  #file: SpoolFile | null = null;
  #writing: Promise<void> = Promise.resolve();

  constructor(spoolDirectory: string) {
    this.#spoolDirectory = spoolDirectory;
  }

  /** Adds bytes, which must stay as they are: they are written later. */
  add(bytes: Uint8Array): void {
    this.#hash.update(bytes);
    this.#chunks.push(bytes);
    this.#pending += bytes.byteLength;
    this.#size += bytes.byteLength;
  }

  /** Whether `flush` has enough to write: asked first, it saves a turn of the event loop. */
  get mustFlush(): boolean {
    return this.#pending > (this.#file === null ? PAYLOAD_ROW_BYTES_MAX : FLUSH_BYTES);
  }

  /** Begins to write what is there to the spool, once what was begun before is written. */
  async flush(): Promise<void> {
    const file = this.#file ?? (await SpoolFile.create(this.#spoolDirectory));
    this.#file = file;
    await this.#writing;
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#pending = 0;
    const writing = file.write(chunks);
    // Whoever awaits it next hears of a failure; until then it is not an unhandled one.
    writing.catch(() => {});
    this.#writing = writing;
  }

  /** The payload is whole: makes it durable, unless it rides in the commit. */
  async commit(): Promise<StoredBytes> {
    const rest = { sizeBytes: this.#size, sha256: this.#hash.digest('hex') };
    if (this.#file !== null || this.mustFlush) await this.flush();
    if (this.#file === null) return { place: { kind: 'row' }, bytes: this.#joined(), ...rest };
    await this.#writing;
    const file = this.#file;
    this.#file = null;
    const name = await file.commit();
    return { place: { kind: 'spool', name }, bytes: null, ...rest };
  }

  /** Gives up what `commit` has not taken. Safe to call at any time. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#chunks = [];
    if (file === null) return;
    await Promise.allSettled([this.#writing]);
    await file.discard();
  }

  #joined(): Uint8Array<ArrayBuffer> {
    const bytes = new Uint8Array(this.#size);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return bytes;
  }
}
