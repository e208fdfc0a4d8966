import type { BigIntStats } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { ClientError } from './errors.ts';

const READ_BYTES = 1 << 20;

/** A file that is sent as it was when it was opened. */
export interface UploadFile extends AsyncDisposable {
  readonly sizeBytes: number;
  readonly body: Readable;
}

/**
 * Opens a file to be sent. Its last bytes are withheld until it is known that it did not change meanwhile, so that
 * a file which did is never taken for a whole one.
 * @throws ClientError `EFILECHANGED` from the body; Node's errors
 */
export async function openUpload(path: string, onBytes: (count: number) => void): Promise<UploadFile> {
  const file = await open(path, 'r');
  try {
    const before = await file.stat({ bigint: true });
    // Reading a directory fails with the right words.
    if (before.isDirectory()) await file.read(Buffer.alloc(1), 0, 1, 0);
    const body = Readable.from(chunksOf(path, file, before, onBytes), { objectMode: false });
    return {
      sizeBytes: Number(before.size),
      body,
      [Symbol.asyncDispose]: async () => {
        body.destroy();
        await file.close();
      },
    };
  } catch (error) {
    await file.close();
    (error as NodeJS.ErrnoException).path ??= path;
    throw error;
  }
}

async function* chunksOf(
  path: string,
  file: FileHandle,
  before: BigIntStats,
  onBytes: (count: number) => void,
): AsyncGenerator<Buffer, void> {
  const sizeBytes = Number(before.size);
  for (let at = 0; at < sizeBytes; ) {
    const length = Math.min(READ_BYTES, sizeBytes - at);
    const { bytesRead, buffer } = await file.read(Buffer.allocUnsafe(length), 0, length, at);
    at += bytesRead;
    if (bytesRead === 0 || (at >= sizeBytes && (await hasChanged(file, before)))) throw changed(path);
    onBytes(bytesRead);
    yield buffer.subarray(0, bytesRead);
  }
}

async function hasChanged(file: FileHandle, before: BigIntStats): Promise<boolean> {
  const now = await file.stat({ bigint: true });
  return now.size !== before.size || now.mtimeNs !== before.mtimeNs;
}

const changed = (path: string): ClientError =>
  new ClientError('EFILECHANGED', `${path}: changed while it was read; nothing was sent in its place`, {
    hint: 'try again when nobody writes to it, or copy it first with: sqlite3 FILE ".backup COPY"',
  });
