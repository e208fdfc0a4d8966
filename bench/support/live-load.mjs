import { randomFillSync } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { text } from './fixture.mjs';

const ROW_BYTES = 920;
const NOISE_BYTES = ROW_BYTES / 4;
const UPDATES = 4;

/** Text of many rows: one does not come again within what LZ4 looks back at. */
const TEXT_BYTES = 4 * 1024 * 1024;

/** Fills a database with rows of words, of which a quarter does not compress; returns how many. */
export function fill(db, megabytes) {
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = OFF');
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, body BLOB)');
  const rows = Math.floor((megabytes * 1e6) / 1_024);
  const insert = db.prepare('INSERT INTO t (k, body) VALUES (?, ?)');
  const words = text(TEXT_BYTES, 1);
  const body = Buffer.alloc(ROW_BYTES);
  db.transaction(() => {
    for (let i = 0; i < rows; i++) {
      words.copy(body, NOISE_BYTES, Math.floor(Math.random() * (TEXT_BYTES - ROW_BYTES)));
      insert.run(i, randomFillSync(body, 0, NOISE_BYTES));
    }
  })();
  db.pragma('synchronous = NORMAL');
  db.pragma('wal_checkpoint(TRUNCATE)');
  return rows;
}

/** Writes at a steady pace; returns how long each transaction took, ms. */
export async function writeSteadily(db, rows, { seconds, perSecond }) {
  const update = db.prepare('UPDATE t SET k = k + 1 WHERE id = ?');
  const write = db.transaction((ids) => {
    for (const id of ids) update.run(id);
  });
  const samples = [];
  const begun = performance.now();
  for (let i = 0; i < seconds * perSecond; i++) {
    const due = begun + (i * 1_000) / perSecond;
    if (due > performance.now()) await sleep(due - performance.now());
    const ids = Array.from({ length: UPDATES }, () => 1 + Math.floor(Math.random() * rows));
    const start = performance.now();
    write.immediate(ids);
    samples.push(performance.now() - start);
  }
  return samples;
}

/** What all rows count, which every write adds to: two databases with the same sum have the same writes. */
export function sumOf(path) {
  const db = new Database(path, { readonly: true });
  try {
    return db.prepare('SELECT sum(k) FROM t').pluck().get();
  } finally {
    db.close();
  }
}
