import { createHash } from 'node:crypto';
import { link, mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileInput, type SnapshotInput } from '../../engine/snapshot/input.ts';
import type { ScratchFile } from '../../engine/snapshot/scratch-file.ts';

/** What is kept of files that were stored a short while ago, bytes: the next level is made of them. */
export const FRESH_BYTES_MAX = 1024 ** 3;

/** The largest file that is kept, bytes. */
export const FRESH_FILE_BYTES_MAX = FRESH_BYTES_MAX / 8;

/** Files kept at most: each is a name in one folder. */
export const FRESH_FILES_MAX = 20_000;

/** What file systems without a second name for a file say, or those that have no more; or it went meanwhile. */
const NOT_LINKED = ['ENOENT', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EXDEV', 'EMLINK'];

/** The folder of fresh files within the cache. */
export const freshDirectory = (cacheDirectory: string): string => join(cacheDirectory, 'fresh');

/**
 * Files that were stored lately, by their SHA-256, so that building the next level from them reads nothing from
 * a replica. Shared by the threads: a file is there or it is not, and whoever opens one checks what it holds.
 */
export class FreshFiles {
  readonly #directory: string;
  readonly #bytesMax: number;
  /** What this thread has put there, the oldest first. */
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  /** @param bytesMax of this thread's share */
  constructor(directory: string, bytesMax = FRESH_BYTES_MAX) {
    this.#directory = directory;
    this.#bytesMax = bytesMax;
  }

  /** A kept file, verified; null when it is not there, or no longer what it was. */
  async open(sha256: string): Promise<SnapshotInput | null> {
    let input: SnapshotInput;
    try {
      input = await fileInput(this.#pathOf(sha256), sha256);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
    const hash = createHash('sha256');
    for await (const chunk of input.chunks()) hash.update(chunk);
    if (hash.digest('hex') === sha256) return input;
    await input.close();
    await rm(this.#pathOf(sha256), { force: true });
    return null;
  }

  /** Whether a file of this size is kept. */
  takes(sizeBytes: number): boolean {
    return sizeBytes <= Math.min(FRESH_FILE_BYTES_MAX, this.#bytesMax);
  }

  /** Keeps a file, unless it is too large; the oldest make room. */
  async keep(made: ScratchFile): Promise<void> {
    const { sha256, sizeBytes } = made;
    if (!this.takes(sizeBytes)) return;
    await mkdir(this.#directory, { recursive: true });
    await made.moveTo(this.#pathOf(sha256));
    await this.#count(sha256, sizeBytes);
  }

  /** Keeps a file that is elsewhere on this disk, by one name more; where it cannot have one, it is not kept. */
  async keepLinked(
    path: string,
    { sha256, sizeBytes }: Pick<SnapshotInput, 'sha256' | 'sizeBytes'>,
  ): Promise<void> {
    if (!this.takes(sizeBytes)) return;
    await mkdir(this.#directory, { recursive: true });
    try {
      await link(path, this.#pathOf(sha256));
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (NOT_LINKED.includes(code)) return;
      if (code !== 'EEXIST') throw error;
    }
    await this.#count(sha256, sizeBytes);
  }

  async #count(sha256: string, sizeBytes: number): Promise<void> {
    if (this.#sizes.has(sha256)) return;
    this.#sizes.set(sha256, sizeBytes);
    this.#bytes += sizeBytes;
    while (this.#bytes > this.#bytesMax || this.#sizes.size > FRESH_FILES_MAX) await this.#dropOldest();
  }

  async #dropOldest(): Promise<void> {
    const oldest = this.#sizes.entries().next();
    if (oldest.done) return;
    const [sha256, sizeBytes] = oldest.value;
    this.#sizes.delete(sha256);
    this.#bytes -= sizeBytes;
    await rm(this.#pathOf(sha256), { force: true });
  }

  /** Files and bytes that are there now, of all threads. */
  async measure(): Promise<{ files: number; bytes: number }> {
    const names = await readdir(this.#directory).catch(() => []);
    const sizes = await Promise.all(names.map((name) => stat(join(this.#directory, name)).catch(() => null)));
    return { files: names.length, bytes: sizes.reduce((sum, each) => sum + (each?.size ?? 0), 0) };
  }

  #pathOf(sha256: string): string {
    return join(this.#directory, `${sha256}.ltx`);
  }
}
