import { createHash } from 'node:crypto';
import { type FileHandle, open } from 'node:fs/promises';
import { LfsbError } from '../../errors/index.ts';

/** Bytes read from a file at once. */
export const READ_BYTES = 128 * 1024;

/** Buffers that reading a file takes turns with. */
const BUFFERS = 3;

/** A stored LTX file that is open: it can be read again and again, also after its name is gone. */
export interface SnapshotInput {
  readonly sizeBytes: number;
  /** SHA-256 that the file must have, 64 hex digits. */
  readonly sha256: string;
  /** Each reading of it is a request to a replica. */
  readonly isRemote?: boolean;
  /**
   * The bytes, from the first. A chunk stays as it is until the chunk after the next one is asked for, or reading
   * begins anew.
   */
  chunks(): AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/** A payload that is held in memory. */
export const memoryInput = (bytes: Uint8Array, sha256: string): SnapshotInput => ({
  sizeBytes: bytes.byteLength,
  sha256,
  chunks: async function* () {
    yield bytes;
  },
  close: async () => {},
});

/**
 * A file, opened now.
 * @param readBytes how much of it is read at once
 */
export async function fileInput(
  path: string,
  sha256: string,
  readBytes = READ_BYTES,
): Promise<SnapshotInput> {
  const handle = await open(path, 'r');
  const { size } = await handle.stat();
  const spare: Buffer[][] = [];
  const chunks = () => chunksOf(handle, { size, readBytes }, spare);
  return { sizeBytes: size, sha256, chunks, close: () => handle.close() };
}

/** @param spare buffers of readings that are over: a file is verified, and then read */
async function* chunksOf(
  handle: FileHandle,
  { size, readBytes }: { readonly size: number; readonly readBytes: number },
  spare: Buffer[][],
): AsyncGenerator<Uint8Array> {
  // One chunk is being read ahead, one is with the consumer, and the one before it may still be in use.
  const buffers = spare.pop() ?? [];
  const read = (index: number, at: number) => {
    // One byte more than there should be: a file that has grown is not what it was.
    const bytes = Math.min(readBytes, Math.max(0, size + 1 - at));
    buffers[index % BUFFERS] ??= Buffer.allocUnsafeSlow(bytes);
    const buffer = buffers[index % BUFFERS]!;
    const reading = handle.read(buffer, 0, buffer.byteLength, at);
    // It may fail while the consumer is still busy: then the next turn hears of it.
    reading.catch(() => {});
    return reading;
  };
  let ahead = read(0, 0);
  try {
    for (let index = 1, at = 0; ; index++) {
      const { bytesRead, buffer } = await ahead;
      if (bytesRead === 0) return;
      at += bytesRead;
      const ended = at === size && bytesRead < buffer.byteLength;
      if (!ended) ahead = read(index, at);
      yield buffer.subarray(0, bytesRead);
      if (ended) return;
    }
  } finally {
    await Promise.allSettled([ahead]);
    spare.push(buffers);
  }
}

/**
 * Reads a file to its end against its recorded SHA-256: the database checksum alone is linear and proves little.
 * @throws LfsbError `ECORRUPT`
 */
export async function verifyInput(input: SnapshotInput): Promise<void> {
  const hash = createHash('sha256');
  for await (const chunk of input.chunks()) hash.update(chunk);
  checkSha256(hash.digest('hex'), input.sha256);
}

export function checkSha256(actual: string, recorded: string): void {
  if (actual === recorded) return;
  throw new LfsbError('ECORRUPT', `a stored file has SHA-256 ${actual}, the log says ${recorded}`);
}
