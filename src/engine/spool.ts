import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, readdir, rename, rm, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { SyncAhead } from '../storage/sync-ahead.ts';

const PART = '.part';
const WHOLE = '.ltx';

/** A payload on its way into the spool. It has its final name only once it is whole and on disk. */
export class SpoolFile {
  readonly #directory: string;
  readonly #id: string;
  readonly #handle: FileHandle;
  readonly #ahead: SyncAhead;

  private constructor(directory: string, id: string, handle: FileHandle) {
    this.#directory = directory;
    this.#id = id;
    this.#handle = handle;
    this.#ahead = new SyncAhead(handle);
  }

  static async create(directory: string): Promise<SpoolFile> {
    const id = randomUUID();
    return new SpoolFile(directory, id, await open(join(directory, id + PART), 'wx'));
  }

  /** Writes chunks one behind the other; one call at a time. */
  async write(chunks: readonly Uint8Array[]): Promise<void> {
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0);
    const { bytesWritten } = await this.#handle.writev(chunks);
    if (bytesWritten < bytes) await this.#writeRest(Buffer.concat(chunks).subarray(bytesWritten));
    await this.#ahead.wrote(bytes);
  }

  async #writeRest(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
  }

  /** Makes the payload durable under its final name, which it returns: data, rename, folder. */
  async commit(): Promise<string> {
    const name = this.#id + WHOLE;
    try {
      await this.#ahead.settled();
      await this.#handle.datasync();
      await this.#handle.close();
      await rename(join(this.#directory, this.#id + PART), join(this.#directory, name));
    } catch (error) {
      await this.discard();
      throw error;
    }
    await syncDirectory(this.#directory);
    return name;
  }

  /** Gives the payload up. */
  async discard(): Promise<void> {
    await Promise.allSettled([this.#ahead.settled()]);
    await Promise.allSettled([this.#handle.close()]);
    await rm(join(this.#directory, this.#id + PART), { force: true });
  }
}

/** Makes the names in a folder durable. */
export async function syncDirectory(directory: string): Promise<void> {
  const handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Deletes what a crash left in the spool: parts, and whole files whose commit never came.
 * Runs at start, before anything is received. Returns how many it deleted.
 */
export async function sweepSpool(directory: string, isKnown: (name: string) => boolean): Promise<number> {
  let swept = 0;
  for (const name of await readdir(directory)) {
    const orphan = name.endsWith(PART) || (name.endsWith(WHOLE) && !isKnown(name));
    if (!orphan) continue;
    await unlink(join(directory, name));
    swept++;
  }
  return swept;
}
