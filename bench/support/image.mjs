import { randomFillSync } from 'node:crypto';
import { statSync } from 'node:fs';
import Database from 'better-sqlite3';

const ROW_BYTES = 900;
const ROWS_PER_TRANSACTION = 10_000;

const WORDS =
  'account balance customer number joined order invoice street total paid shipped returned '.split(' ');

/** A database as applications have them: rows of text, of which a quarter does not compress. */
export function makeDatabase(path, megabytes) {
  const db = new Database(path);
  db.pragma('journal_mode = OFF');
  db.pragma('synchronous = OFF');
  db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, words TEXT, noise BLOB)');
  const insert = db.prepare('INSERT INTO item (words, noise) VALUES (?, ?)');
  const noise = Buffer.alloc(ROW_BYTES / 4);
  let next = 1;
  const text = () => {
    let line = '';
    while (line.length < (ROW_BYTES * 3) / 4) {
      next = (Math.imul(next, 1664525) + 1013904223) >>> 0;
      line += `${WORDS[(next >>> 20) % WORDS.length]} ${next % 1000} `;
    }
    return line;
  };
  const some = db.transaction(() => {
    for (let i = 0; i < ROWS_PER_TRANSACTION; i++) insert.run(text(), randomFillSync(noise));
  });
  while (statSync(path).size < megabytes * 1e6) some();
  db.close();
}
