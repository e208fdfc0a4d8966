import { randomUUID } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { LfsbError } from '../../errors/index.ts';
import { CHECK_CACHE_KIB, CHECK_MESSAGE_CHARS_MAX, CHECK_MESSAGES_MAX } from './limits.ts';
import { VERSIONS_AT } from './sqlite-header.ts';

/**
 * A copy of an image for SQLite to look at. It is in rollback mode whatever the image is: a WAL-mode file would
 * have SQLite make a WAL and its index beside it.
 */
export class CheckCopy {
  readonly #path: string;
  readonly #handle: FileHandle;

  private constructor(path: string, handle: FileHandle) {
    this.#path = path;
    this.#handle = handle;
  }

  static async create(cacheDirectory: string): Promise<CheckCopy> {
    const path = join(cacheDirectory, `${randomUUID()}.db`);
    return new CheckCopy(path, await open(path, 'wx'));
  }

  async write(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) at += (await this.#handle.write(bytes, at)).bytesWritten;
  }

  /**
   * Runs `PRAGMA quick_check`; holds this thread up for as long as SQLite reads.
   * @throws LfsbError `EBADDATABASE` with the first messages
   */
  async check(): Promise<void> {
    await this.#handle.write(Buffer.from([1, 1]), 0, 2, VERSIONS_AT);
    const found = messagesOf(this.#path).map((message) => message.slice(0, CHECK_MESSAGE_CHARS_MAX));
    if (found.length === 1 && found[0] === 'ok') return;
    throw new LfsbError('EBADDATABASE', `quick_check found damage: ${found.join('; ')}`);
  }

  async discard(): Promise<void> {
    await Promise.allSettled([this.#handle.close()]);
    await rm(this.#path, { force: true });
  }
}

function messagesOf(path: string): string[] {
  let db: Database.Database | undefined;
  try {
    db = new Database(path, { readonly: true, fileMustExist: true });
    // The schema is a stranger's: it may call nothing that has effects, and page contents are not trusted.
    db.pragma('trusted_schema = OFF');
    db.pragma('cell_size_check = ON');
    db.pragma(`cache_size = -${CHECK_CACHE_KIB}`);
    const rows = db.pragma(`quick_check(${CHECK_MESSAGES_MAX})`) as { quick_check: unknown }[];
    return rows.map((row) => String(row.quick_check));
  } catch (error) {
    if (error instanceof Database.SqliteError) return [error.message];
    throw error;
  } finally {
    db?.close();
  }
}
