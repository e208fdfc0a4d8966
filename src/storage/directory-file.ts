import { objectBody } from './bytes.ts';
import { notStored, StorageError } from './errors.ts';
import type { Files, OpenFile } from './files.ts';
import type { GetOptions, Metadata, ObjectBody, ObjectHead } from './replica.ts';

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
  readonly #file: OpenFile;
  readonly #files: Files;
  readonly key: string;
  readonly sizeBytes: number;
  readonly modifiedMs: number;

  private constructor(files: Files, file: OpenFile, key: string) {
    this.#files = files;
    this.#file = file;
    this.key = key;
    this.sizeBytes = file.stat.sizeBytes;
    this.modifiedMs = file.stat.modifiedMs;
  }

  /** ENOTSTORED where there is a folder; a system error where there is nothing. */
  static async open(files: Files, path: string, key: string): Promise<StoredFile> {
    const file = await files.openFile(path);
    if (file.stat.kind === 'file') return new StoredFile(files, file, key);
    await file.close();
    throw notStored(key);
  }

  async close(): Promise<void> {
    await this.#file.close();
  }

  async metadata(reader: MetadataReader): Promise<Metadata> {
    const { key, sizeBytes } = this;
    return reader({ key, sizeBytes, read: (offset, length) => this.#file.read(offset, length) });
  }

  /** The body of a range that lies inside; the file is closed with it. */
  body(offset: number, length: number, options: GetOptions): ObjectBody {
    return objectBody(
      length,
      () => this.#chunks(offset, length, options),
      () => this.close(),
    );
  }

  /** Asks for as much as the place takes at once, so that the next chunk is on its way while one is used. */
  async *#chunks(
    offset: number,
    length: number,
    { signal, lend = false }: GetOptions,
  ): AsyncGenerator<Uint8Array> {
    const { chunkBytes, parallelMax } = this.#files;
    // One is with the consumer, the one before it may still be in use, the others are asked for.
    const lent = lend ? new Turns(parallelMax + 2) : null;
    const end = offset + length;
    const asked: { readonly sizeBytes: number; readonly read: Promise<Uint8Array> }[] = [];
    let next = offset;
    try {
      for (let at = offset; at < end; ) {
        signal?.throwIfAborted();
        for (; next < end && asked.length < parallelMax; next += chunkBytes) {
          const sizeBytes = Math.min(chunkBytes, end - next);
          const read = this.#file.read(next, sizeBytes, lent?.next(sizeBytes));
          // Its failure is told when its turn comes.
          read.catch(() => undefined);
          asked.push({ sizeBytes, read });
        }
        const { sizeBytes, read } = asked.shift()!;
        const chunk = await read;
        at += chunk.byteLength;
        if (chunk.byteLength < sizeBytes) throw this.#cut(at, end);
        yield chunk;
      }
    } finally {
      await Promise.allSettled(asked.map(({ read }) => read));
      await this.close();
    }
  }

  #cut(at: number, end: number): StorageError {
    const { key } = this;
    return new StorageError('EUNAVAILABLE', `${key} ends at byte ${at}, not ${end}`, { key });
  }
}

/** Buffers that take turns; what they are for only gets smaller. */
class Turns {
  readonly #buffers: Uint8Array[] = [];
  readonly #count: number;
  #index = 0;

  constructor(count: number) {
    this.#count = count;
  }

  next(bytes: number): Uint8Array {
    const index = this.#index++ % this.#count;
    const buffer = this.#buffers[index] ?? Buffer.allocUnsafeSlow(bytes);
    this.#buffers[index] = buffer;
    return buffer;
  }
}

/** What is known of a file. It is opened only for a reader. */
export async function headOf(
  files: Files,
  path: string,
  key: string,
  reader: MetadataReader | undefined,
): Promise<ObjectHead> {
  if (reader === undefined) {
    const { kind, sizeBytes, modifiedMs } = await files.stat(path);
    if (kind !== 'file') throw notStored(key);
    return { sizeBytes, modifiedMs, metadata: {} };
  }
  const file = await StoredFile.open(files, path, key);
  try {
    const { sizeBytes, modifiedMs } = file;
    return { sizeBytes, modifiedMs, metadata: await file.metadata(reader) };
  } finally {
    await file.close();
  }
}
