import { type FileHandle, open, stat } from 'node:fs/promises';
import { objectBody } from './bytes.ts';
import { notStored, StorageError } from './errors.ts';
import type { Metadata, ObjectBody, ObjectHead } from './replica.ts';

const CHUNK_BYTES = 256 * 1024;

/** Looks into a stored file, for its metadata. */
export interface FileView {
  readonly key: string;
  readonly sizeBytes: number;
  /** Up to `length` bytes from `offset`; fewer only at the end. */
  read(offset: number, length: number): Promise<Uint8Array>;
}

/**
 * Reads the metadata of a file out of its own bytes: a directory keeps files and nothing beside them. What is
 * stored knows how to do that; storage does not.
 */
export type MetadataReader = (file: FileView) => Promise<Metadata>;

/** An open file, which is an object's bytes even if the object is replaced or deleted meanwhile. */
export class StoredFile {
  readonly #handle: FileHandle;
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;

  private constructor(handle: FileHandle, key: string, sizeBytes: number, modifiedMs: number) {
    this.#handle = handle;
    this.key = key;
    this.sizeBytes = sizeBytes;
    this.modifiedMs = modifiedMs;
  }

  /** ENOTSTORED where there is a folder; a system error where there is nothing. */
  static async open(path: string, key: string): Promise<StoredFile> {
    const handle = await open(path, 'r');
    try {
      const found = await handle.stat();
      if (!found.isFile()) throw notStored(key);
      return new StoredFile(handle, key, found.size, Math.trunc(found.mtimeMs));
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }

  async metadata(reader: MetadataReader): Promise<Metadata> {
    const { key, sizeBytes } = this;
    return reader({ key, sizeBytes, read: (offset, length) => this.#read(offset, length) });
  }

  /** The body of a range that lies inside; the file is closed with it. */
  body(offset: number, length: number, signal: AbortSignal | undefined): ObjectBody {
    return objectBody(
      length,
      () => this.#chunks(offset, length, signal),
      () => this.close(),
    );
  }

  async *#chunks(offset: number, length: number, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
    try {
      const end = offset + length;
      for (let at = offset; at < end; ) {
        signal?.throwIfAborted();
        const chunk = await this.#read(at, Math.min(CHUNK_BYTES, end - at));
        if (chunk.byteLength === 0) {
          throw new StorageError('EUNAVAILABLE', `${this.key} ends at byte ${at}, not ${end}`, {
            key: this.key,
          });
        }
        at += chunk.byteLength;
        yield chunk;
      }
    } finally {
      await this.close();
    }
  }

  async #read(offset: number, length: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(length);
    let filled = 0;
    while (filled < length) {
      const { bytesRead } = await this.#handle.read(buffer, filled, length - filled, offset + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    return buffer.subarray(0, filled);
  }
}

/** What is known of a file. It is opened only for a reader. */
export async function headOf(
  path: string,
  key: string,
  reader: MetadataReader | undefined,
): Promise<ObjectHead> {
  if (reader === undefined) {
    const found = await stat(path);
    if (!found.isFile()) throw notStored(key);
    return { sizeBytes: found.size, modifiedMs: Math.trunc(found.mtimeMs), metadata: {} };
  }
  const file = await StoredFile.open(path, key);
  try {
    const { sizeBytes, modifiedMs } = file;
    return { sizeBytes, modifiedMs, metadata: await file.metadata(reader) };
  } finally {
    await file.close();
  }
}
