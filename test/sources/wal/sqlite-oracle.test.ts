import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { FrameScan, frameBytes, readFrameHeader, readWalHeader } from '../../../src/sources/wal/index.ts';
import { tempDir } from '../../support/temp-dir.ts';
import { buildWal } from '../support/wal-builder.ts';

/** A database whose content is in its WAL, as SQLite wrote it. */
function written(pageSize: number): { main: Buffer; wal: Buffer } {
  const path = join(tempDir(), 'a.db');
  const db = new Database(path);
  db.pragma(`page_size = ${pageSize}`);
  db.pragma('journal_mode = wal');
  db.exec('CREATE TABLE t (a); INSERT INTO t VALUES (1); INSERT INTO t VALUES (randomblob(9000))');
  const files = { main: readFileSync(path), wal: readFileSync(`${path}-wal`) };
  db.close();
  return files;
}

/** The same WAL with its sums over big-endian words. */
function bigEndian(wal: Buffer): Uint8Array {
  const header = readWalHeader(wal)!;
  const length = frameBytes(header.pageSize);
  const count = (wal.length - 32) / length;
  const frames = Array.from({ length: count }, (_, i) => {
    const at = 32 + i * length;
    return { ...readFrameHeader(wal, at), data: wal.subarray(at + 24, at + length) };
  });
  return buildWal({ ...header, bigEndian: true, frames });
}

const rowsIn = (main: Buffer, wal: Uint8Array): unknown => {
  const path = join(tempDir(), 'b.db');
  writeFileSync(path, main);
  writeFileSync(`${path}-wal`, wal);
  const db = new Database(path);
  try {
    return db.prepare("SELECT count(*) AS rows FROM sqlite_schema WHERE name = 't'").get();
  } finally {
    db.close();
  }
};

describe.each([512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536])('pages of %i bytes', (pageSize) => {
  it('are read as SQLite writes them, and as it reads them in the other byte order', () => {
    const { main, wal } = written(pageSize);
    for (const bytes of [wal, bigEndian(wal)]) {
      const header = readWalHeader(bytes)!;
      const count = (bytes.length - 32) / frameBytes(pageSize);
      const scan = new FrameScan(header, { frames: 0, sum: header.sum }, () => {});
      expect(scan.take(bytes.slice(32), count)).toBe(true);
      expect(scan.committed?.frames).toBe(count);
      expect(rowsIn(main, bytes)).toEqual({ rows: 1 });
    }
  });
});
