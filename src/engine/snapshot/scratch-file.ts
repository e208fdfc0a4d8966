import { createHash } from 'node:crypto';
import { type FileHandle, open, rename, unlink, writeFile } from 'node:fs/promises';
import { SyncAhead } from '../../storage/sync-ahead.ts';
import { fileInput, memoryInput, type SnapshotInput } from './input.ts';

/** What is gathered of a file before it is written, bytes. A smaller file stays in memory as a whole. */
export const SCRATCH_BYTES = 256 * 1024;

/** A file that is made, in pieces: on disk only when it is large, and then in large writes. */
export class ScratchFile {
  readonly #path: string;
  readonly #hash = createHash('sha256');
  #buffer: Uint8Array = new Uint8Array(0);
  #gathered = 0;
  #handle: FileHandle | null = null;
  #ahead: SyncAhead | null = null;
  #onDisk = false;
  /** Bytes so far. */
  sizeBytes = 0;
  /** 64 hex digits, once it is ended. */
  sha256 = '';

  /** @param path where it goes if it is large: a name that is free */
  constructor(path: string) {
    this.#path = path;
  }

  /** Takes a piece, which may be used again afterwards. */
  async add(piece: Uint8Array): Promise<void> {
    this.#hash.update(piece);
    this.sizeBytes += piece.byteLength;
    for (let at = 0; at < piece.byteLength; ) {
      const some = piece.subarray(at, at + SCRATCH_BYTES - this.#gathered);
      this.#ensure(this.#gathered + some.byteLength);
      this.#buffer.set(some, this.#gathered);
      this.#gathered += some.byteLength;
      at += some.byteLength;
      if (this.#gathered === SCRATCH_BYTES) await this.#write();
    }
  }

  /** Nothing more comes. */
  async end(): Promise<void> {
    this.sha256 = this.#hash.digest('hex');
    if (!this.#onDisk) return;
    await this.#write();
    await this.#ahead?.settled();
    await this.#close();
  }

  /** Opens it, once it is ended. */
  async open(): Promise<SnapshotInput> {
    if (this.#onDisk) return fileInput(this.#path, this.sha256);
    return memoryInput(this.#bytes(), this.sha256);
  }

  /** Gives it a name, once it is ended: it is the caller's then. */
  async moveTo(path: string): Promise<void> {
    // Never written in place: a file of that name may be being read.
    if (!this.#onDisk) await writeFile(this.#path, this.#bytes(), { flag: 'wx' });
    this.#onDisk = true;
    await rename(this.#path, path);
    this.#onDisk = false;
  }

  /** Lets go of it. What has opened or moved it keeps it. */
  async discard(): Promise<void> {
    await this.#close();
    if (this.#onDisk) await unlink(this.#path);
    this.#onDisk = false;
    this.#buffer = new Uint8Array(0);
  }

  /** Grows by halves, so that small files take little. */
  #ensure(bytes: number): void {
    if (bytes <= this.#buffer.byteLength) return;
    const larger = new Uint8Array(Math.min(SCRATCH_BYTES, Math.max(bytes, this.#buffer.byteLength * 1.5)));
    larger.set(this.#buffer.subarray(0, this.#gathered));
    this.#buffer = larger;
  }

  async #write(): Promise<void> {
    this.#handle ??= await open(this.#path, 'wx');
    this.#onDisk = true;
    this.#ahead ??= new SyncAhead(this.#handle);
    await this.#handle.appendFile(this.#bytes());
    await this.#ahead.wrote(this.#gathered);
    this.#gathered = 0;
  }

  #bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#gathered);
  }

  async #close(): Promise<void> {
    const handle = this.#handle;
    this.#handle = null;
    await Promise.allSettled([this.#ahead?.settled()]);
    await handle?.close();
  }
}
