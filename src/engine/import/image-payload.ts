import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Relabelled } from '../../ltx/index.ts';
import { PAYLOAD_ROW_BYTES_MAX } from '../ingest/payload-sink.ts';
import { READ_BYTES } from '../snapshot/input.ts';
import { SpoolFile } from '../spool.ts';
import { IMPORT_WRITE_BYTES } from './limits.ts';
import type { Sealed } from './messages.ts';

/**
 * The LTX file of an import on its way: in memory while it is small, else in the spool. Its header and trailer
 * are written again whenever the place it is for has changed; until a commit names it, it is an orphan.
 */
export class ImagePayload {
  readonly #spoolDirectory: string;
  #chunks: Uint8Array[] = [];
  #pending = 0;
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
    return new Uint8Array(Buffer.concat(this.#chunks));
  }

  add(chunk: Uint8Array): void {
    this.#chunks.push(chunk);
    this.#pending += chunk.byteLength;
    this.#sizeBytes += chunk.byteLength;
  }

  get mustFlush(): boolean {
    return this.#pending > (this.#file === null ? PAYLOAD_ROW_BYTES_MAX : IMPORT_WRITE_BYTES);
  }

  async flush(): Promise<void> {
    this.#file ??= await SpoolFile.create(this.#spoolDirectory);
    const chunks = this.#chunks;
    this.#chunks = [];
    this.#pending = 0;
    await this.#file.write(chunks);
  }

  /** All bytes were added. */
  async end(): Promise<void> {
    if (this.#file === null && !this.mustFlush) return;
    if (this.#pending > 0) await this.flush();
    const file = this.#file;
    this.#file = null;
    if (file !== null) this.#name = await file.commit();
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
      // Heard of below; while the hash is worked out it is not an unhandled failure.
      synced.catch(() => {});
      const hash = createHash('sha256');
      const buffer = Buffer.allocUnsafeSlow(READ_BYTES);
      for (let at = 0; ; ) {
        const { bytesRead } = await handle.read(buffer, 0, READ_BYTES, at);
        if (bytesRead === 0) break;
        hash.update(buffer.subarray(0, bytesRead));
        at += bytesRead;
      }
      await synced;
      return hash.digest('hex');
    } finally {
      await handle.close();
    }
  }

  /** Gives the file up, whatever there is of it. */
  async discard(): Promise<void> {
    const file = this.#file;
    this.#file = null;
    this.#chunks = [];
    if (file !== null) await file.discard();
    if (this.path !== null) await rm(this.path, { force: true });
  }
}
