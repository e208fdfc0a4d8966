import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Relabelled } from '../../ltx/index.ts';
import { PAYLOAD_ROW_BYTES_MAX } from '../ingest/payload-sink.ts';
import { fileInput } from '../snapshot/input.ts';
import { SpoolFile } from '../spool.ts';
import type { Sealed } from './messages.ts';
import { WriteBuffer } from './write-buffer.ts';

/**
 * The LTX file of an import on its way: in memory while it is small, else in the spool. Its header and trailer
 * are written again whenever the place it is for has changed; until a commit names it, it is an orphan.
 */
export class ImagePayload {
  readonly #spoolDirectory: string;
  readonly #pending = new WriteBuffer();
  #writing: Promise<void> = Promise.resolve();
  #sizeBytes = 0;
  #file: SpoolFile | null = null;
  #name: string | null = null;

  constructor(spoolDirectory: string) {
    this.#spoolDirectory = spoolDirectory;
  }

  /** Where the whole file is; null while it is in memory. */
  get path(): string | null {
    return this.#name === null ? null : join(this.#spoolDirectory, this.#name);
  }

  /** The whole file, while it is in memory. */
  get bytes(): Uint8Array<ArrayBuffer> {
    return this.#pending.copy();
  }

  /** Takes a piece of the file, which may be used again afterwards. */
  add(piece: Uint8Array): void {
    this.#pending.add(piece);
    this.#sizeBytes += piece.byteLength;
  }

  get mustFlush(): boolean {
    return this.#pending.isFull || (this.#file === null && this.#pending.length > PAYLOAD_ROW_BYTES_MAX);
  }

  /** Begins to write what is there, once what was begun before is written. */
  async flush(): Promise<void> {
    this.#file ??= await SpoolFile.create(this.#spoolDirectory);
    await this.#writing;
    const writing = this.#file.write([this.#pending.turn()]);
    // Whoever awaits it next hears of a failure; until then it is not an unhandled one.
    writing.catch(() => {});
    this.#writing = writing;
  }

  /** All bytes were added. */
  async end(): Promise<void> {
    if (this.#file !== null || this.mustFlush) await this.flush();
    await this.#writing;
    const file = this.#file;
    this.#file = null;
    if (file === null) return;
    this.#name = await file.commit();
    this.#pending.release();
  }

  /** Writes header and trailer, makes all of it durable and hashes it. May be done again. */
  async seal(ends: Relabelled): Promise<Sealed> {
    const { fileChecksum } = ends.trailer;
    const sizeBytes = this.#sizeBytes;
    if (this.#name === null) {
      const { bytes } = this;
      bytes.set(ends.headerBytes, 0);
      bytes.set(ends.trailerBytes, sizeBytes - ends.trailerBytes.byteLength);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { fileChecksum, sizeBytes, sha256, payload: { kind: 'row' }, bytes };
    }
    const sha256 = await this.#sealFile(join(this.#spoolDirectory, this.#name), ends);
    return { fileChecksum, sizeBytes, sha256, payload: { kind: 'spool', name: this.#name }, bytes: null };
  }

  async #sealFile(path: string, { headerBytes, trailerBytes }: Relabelled): Promise<string> {
    const handle = await open(path, 'r+');
    try {
      await handle.write(headerBytes, 0, headerBytes.byteLength, 0);
      await handle.write(trailerBytes, 0, trailerBytes.byteLength, this.#sizeBytes - trailerBytes.byteLength);
      const synced = handle.datasync();
      // Heard of below; while the file is hashed it is not an unhandled failure.
      synced.catch(() => {});
      const sha256 = await hashOf(path);
      await synced;
      return sha256;
    } finally {
      await handle.close();
    }
  }

  /** Gives the file up, whatever there is of it. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    await Promise.allSettled([this.#writing]);
    if (file !== null) await file.discard();
    if (this.path !== null) await rm(this.path, { force: true });
  }
}

async function hashOf(path: string): Promise<string> {
  const input = await fileInput(path, '');
  try {
    const hash = createHash('sha256');
    for await (const chunk of input.chunks()) hash.update(chunk);
    return hash.digest('hex');
  } finally {
    await input.close();
  }
}
