import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Random } from './random.ts';

export interface ImageSpec {
  /** Default 4096. */
  pageSize?: number;
  /** Default `rollback`. */
  mode?: 'wal' | 'rollback';
  /** Rows of about 300 bytes. Default 40. */
  rows?: number;
  seed?: number;
}

/** The bytes of a real SQLite file, its WAL folded in. */
export function sqliteImage({
  pageSize = 4096,
  mode = 'rollback',
  rows = 40,
  seed = 1,
}: ImageSpec = {}): Buffer {
  const folder = mkdtempSync(join(tmpdir(), 'lfsb-image-'));
  const path = join(folder, 'image.db');
  try {
    const db = new Database(path);
    db.pragma(`page_size = ${pageSize}`);
    if (mode === 'wal') db.pragma('journal_mode = WAL');
    db.exec(
      'CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, data BLOB); CREATE INDEX item_name ON item (name)',
    );
    const random = new Random(seed);
    const insert = db.prepare('INSERT INTO item (name, data) VALUES (?, ?)');
    db.transaction(() => {
      for (let i = 0; i < rows; i++) insert.run(`item ${random.int(0, 1e9)}`, random.bytes(280));
    })();
    db.close();
    return readFileSync(path);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The same file with bytes 18 and 19 as WAL mode has them. */
export function inWalMode(image: Uint8Array): Buffer {
  const copy = Buffer.from(image);
  copy.fill(2, 18, 20);
  return copy;
}
