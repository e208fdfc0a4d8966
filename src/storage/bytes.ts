import { createHash } from 'node:crypto';
import { StorageError } from './errors.ts';
import type { ByteRange, ByteSource, ObjectBody, PutOptions } from './replica.ts';

/** A source over bytes in memory. */
export function sourceOf(...chunks: readonly Uint8Array[]): ByteSource {
  return {
    async *open() {
      yield* chunks;
    },
  };
}

/** SHA-256 as 64 lower-case hex digits. */
export const sha256Hex = (...chunks: readonly Uint8Array[]): string => {
  const hash = createHash('sha256');
  for (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
};

/**
 * The chunks of a source, counted and hashed on their way. It ends well only when they are what `options`
 * announce; else EINVALID. Checked here and not by the place, so that a wrong source is told apart from
 * bytes damaged on the way.
 */
export async function* verifiedChunks(
  key: string,
  source: ByteSource,
  options: PutOptions,
): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let sizeBytes = 0;
  for await (const chunk of source.open()) {
    options.signal?.throwIfAborted();
    if (chunk.byteLength === 0) continue;
    sizeBytes += chunk.byteLength;
    if (sizeBytes > options.sizeBytes) {
      throw new StorageError('EINVALID', `${key}: more than the ${options.sizeBytes} bytes announced`, {
        key,
      });
    }
    hash.update(chunk);
    yield chunk;
  }
  options.signal?.throwIfAborted();
  if (sizeBytes !== options.sizeBytes) {
    throw new StorageError('EINVALID', `${key}: ${sizeBytes} bytes, ${options.sizeBytes} announced`, { key });
  }
  const sha256 = hash.digest('hex');
  if (sha256 !== options.sha256) {
    throw new StorageError('EINVALID', `${key}: SHA-256 ${sha256}, ${options.sha256} announced`, { key });
  }
}

/** All bytes of something small, copied: `sizeBytes` is what the chunks are known to add up to. */
export async function gather(chunks: AsyncIterable<Uint8Array>, sizeBytes: number): Promise<Buffer> {
  const bytes = Buffer.allocUnsafe(sizeBytes);
  let at = 0;
  for await (const chunk of chunks) {
    bytes.set(chunk, at);
    at += chunk.byteLength;
  }
  return bytes.subarray(0, at);
}

/** SHA-256 of all chunks, 64 lower-case hex digits. */
export async function sha256Of(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of chunks) hash.update(chunk);
  return hash.digest('hex');
}

/** First byte and length of a range within an object. EINVALID when it starts outside of it. */
export function resolveRange(
  key: string,
  range: ByteRange | undefined,
  sizeBytes: number,
): { offset: number; length: number } {
  if (range === undefined) return { offset: 0, length: sizeBytes };
  checkRange(key, range);
  if (range.offset >= sizeBytes) {
    throw new StorageError('EINVALID', `${key}: byte ${range.offset} of ${sizeBytes}`, { key });
  }
  return { offset: range.offset, length: Math.min(range.length ?? sizeBytes, sizeBytes - range.offset) };
}

/** EINVALID unless `range` is one of some object. */
export function checkRange(key: string, range: ByteRange): void {
  const { offset, length = 1 } = range;
  if (Number.isSafeInteger(offset) && offset >= 0 && Number.isSafeInteger(length) && length >= 1) return;
  throw new StorageError('EINVALID', `${key}: no range of bytes: ${JSON.stringify(range)}`, { key });
}

/** A body over a generator, which is started only when somebody reads. */
export function objectBody(
  sizeBytes: number,
  read: () => AsyncGenerator<Uint8Array>,
  cancel: () => Promise<void>,
): ObjectBody {
  let taken = false;
  return {
    sizeBytes,
    cancel,
    [Symbol.asyncIterator]() {
      if (taken) throw new Error('a body can be read once');
      taken = true;
      return read();
    },
  };
}

/** The same body with something done to its chunks. */
export const mapBody = (
  body: ObjectBody,
  transform: (chunks: ObjectBody) => AsyncGenerator<Uint8Array>,
): ObjectBody =>
  objectBody(
    body.sizeBytes,
    () => transform(body),
    () => body.cancel(),
  );

/** Chunks that remember how they failed. */
export interface WatchedChunks extends AsyncIterable<Uint8Array> {
  /** Whether `error` is what the chunks themselves threw, and so nothing that their reader did. */
  threw(error: unknown): boolean;
}

/** Tells the failures of a source from those of whoever reads it: both may be system errors. */
export function watched(chunks: AsyncIterable<Uint8Array>): WatchedChunks {
  let failure: { readonly error: unknown } | null = null;
  return {
    threw: (error) => failure !== null && failure.error === error,
    async *[Symbol.asyncIterator]() {
      const iterator = chunks[Symbol.asyncIterator]();
      try {
        while (true) {
          const next = await iterator.next().catch((error: unknown) => {
            failure = { error };
            throw error;
          });
          if (next.done === true) return;
          yield next.value;
        }
      } finally {
        if (failure === null) await iterator.return?.();
      }
    },
  };
}
