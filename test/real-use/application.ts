import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import type { Random } from '../support/random.ts';

/** What an application does to its database in one transaction. */
type Deed = 'insert' | 'update' | 'delete' | 'grow' | 'vacuum';

const DEEDS: readonly Deed[] = ['insert', 'insert', 'insert', 'update', 'update', 'delete', 'grow', 'vacuum'];

/** An application that writes through a real SQLite, whatever file it is given. */
export class Application implements Disposable {
  readonly #random: Random;
  readonly #folder = mkdtempSync(join(tmpdir(), 'lfsb-application-'));

  constructor(random: Random) {
    this.#random = random;
  }

  /** A new database's file. */
  create(pageSize: number, wal: boolean): Buffer {
    return this.#on(new Uint8Array(0), (db) => {
      db.pragma(`page_size = ${pageSize}`);
      if (wal) db.pragma('journal_mode = WAL');
      db.exec('CREATE TABLE item (id INTEGER PRIMARY KEY, name TEXT, data BLOB)');
      this.#insert(db, 5);
    });
  }

  /** The file after one more transaction, if the one that was chosen changes anything. */
  write(image: Uint8Array): Buffer {
    const deed = DEEDS[this.#random.int(0, DEEDS.length - 1)]!;
    return this.#on(image, (db) => {
      db.exec('CREATE TABLE IF NOT EXISTS item (id INTEGER PRIMARY KEY, name TEXT, data BLOB)');
      if (deed === 'insert') this.#insert(db, this.#random.int(1, 4));
      if (deed === 'grow') this.#insert(db, 60);
      if (deed === 'update') db.exec("UPDATE item SET name = name || '.' WHERE id % 3 = 0");
      if (deed === 'delete') db.exec('DELETE FROM item WHERE id % 2 = 0');
      if (deed === 'vacuum') db.exec('VACUUM');
    });
  }

  /** Whether SQLite finds the file whole. */
  isWhole(image: Uint8Array): boolean {
    let answer: unknown;
    this.#on(image, (db) => {
      answer = db.pragma('integrity_check', { simple: true });
    });
    return answer === 'ok';
  }

  #insert(db: Database.Database, rows: number): void {
    const insert = db.prepare('INSERT INTO item (name, data) VALUES (?, ?)');
    db.transaction(() => {
      for (let i = 0; i < rows; i++) insert.run(`item ${this.#random.int(0, 1e9)}`, this.#random.bytes(280));
    })();
  }

  /** Its WAL is folded in when the database is closed. */
  #on(image: Uint8Array, work: (db: Database.Database) => void): Buffer {
    const path = join(this.#folder, 'application.db');
    writeFileSync(path, image);
    const db = new Database(path);
    db.pragma('synchronous = OFF');
    work(db);
    db.close();
    const after = readFileSync(path);
    rmSync(path);
    return after;
  }

  [Symbol.dispose](): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
