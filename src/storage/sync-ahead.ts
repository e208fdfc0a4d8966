import type { FileHandle } from 'node:fs/promises';

/** Bytes of a file after which they are put on disk; as many again may come in meanwhile. */
export const SYNC_AHEAD_BYTES = 16 * 1024 * 1024;

/**
 * Puts a large file on disk while it is still written. Its end then has little left to wait for; and pages that
 * are not on disk yet count in a process whose memory is limited, and cannot be dropped.
 */
export class SyncAhead {
  readonly #handle: FileHandle;
  #unsynced = 0;
  #syncing: Promise<void> = Promise.resolve();

  constructor(handle: FileHandle) {
    this.#handle = handle;
  }

  /** So many bytes more were written. @throws what the sync before says */
  async wrote(bytes: number): Promise<void> {
    this.#unsynced += bytes;
    if (this.#unsynced < SYNC_AHEAD_BYTES) return;
    await this.#syncing;
    this.#unsynced = 0;
    const syncing = this.#handle.datasync();
    // Whoever awaits it next hears of a failure; until then it is not an unhandled one.
    syncing.catch(() => {});
    this.#syncing = syncing;
  }

  /** Waits for what was begun: the file may be closed then. */
  settled(): Promise<void> {
    return this.#syncing;
  }
}

/**
 * Writes pieces behind each other, a bounded part of them not on disk yet. The next one is asked for while one is
 * being written, so each has to stay as it is until the piece after the next one is asked for.
 */
export async function writeAhead(handle: FileHandle, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  const ahead = new SyncAhead(handle);
  let writing = Promise.resolve();
  try {
    for await (const chunk of chunks) {
      await writing;
      writing = writeOne(handle, chunk, ahead);
      // Whoever awaits it next hears of a failure; until then it is not an unhandled one.
      writing.catch(() => {});
    }
    await writing;
  } finally {
    await Promise.allSettled([writing]);
    await ahead.settled();
  }
}

async function writeOne(handle: FileHandle, chunk: Uint8Array, ahead: SyncAhead): Promise<void> {
  for (let at = 0; at < chunk.byteLength; ) at += (await handle.write(chunk, at)).bytesWritten;
  await ahead.wrote(chunk.byteLength);
}
