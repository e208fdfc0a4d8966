import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { type CliResult, lfsb } from '../support/cli.ts';

/** A machine with one application, its database and a litestream.yml, below a folder. */
export class Site {
  readonly folder: string;
  readonly db: string;
  readonly config: string;
  readonly #replicas: readonly string[];

  /** @param replicas names of folders, or lines of YAML for a replica */
  constructor(folder: string, replicas: readonly string[] = ['replica']) {
    this.folder = folder;
    this.db = join(folder, 'app.db');
    this.config = join(folder, 'litestream.yml');
    this.#replicas = replicas;
    mkdirSync(folder, { recursive: true });
    this.configure();
  }

  replica(name = 'replica'): string {
    return join(this.folder, name);
  }

  configure(more = ''): void {
    const replicas = this.#replicas.map((text) =>
      text.includes(':')
        ? `      - ${text}\n`
        : `      - name: ${text}\n        path: ${this.replica(text)}\n        sync-interval: 100ms\n`,
    );
    const text = `${more}dbs:\n  - path: ${this.db}\n    monitor-interval: 100ms\n    replicas:\n${replicas.join('')}`;
    writeFileSync(this.config, text);
  }

  /** The application commits a row. */
  commit(value: string): void {
    const db = new Database(this.db);
    try {
      db.pragma('journal_mode = WAL');
      db.exec('CREATE TABLE IF NOT EXISTS t (v TEXT)');
      db.prepare('INSERT INTO t VALUES (?)').run(value);
    } finally {
      db.close();
    }
  }

  run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
    return lfsb(args, { cwd: this.folder, env });
  }

  /** Replicates what was committed, once. */
  once(): Promise<CliResult> {
    return this.run(['replicate', '-config', this.config, '-once']);
  }
}

/** What the application reads in a file, which is left as it is. */
export function rowsOf(path: string): string[] {
  const db = new Database(path, { readonly: true, fileMustExist: true });
  try {
    return db.prepare('SELECT v FROM t ORDER BY rowid').pluck().all() as string[];
  } finally {
    db.close();
  }
}

/** How long a condition is waited for, ms: machines are busy. */
const UNTIL_MS_MAX = 60_000;
const LOOK_MS = 50;

/** Waits for a condition, and fails when it does not come true. */
export async function until(isTrue: () => boolean | Promise<boolean>, lookMs = LOOK_MS): Promise<void> {
  const end = performance.now() + UNTIL_MS_MAX;
  while (!(await isTrue())) {
    if (performance.now() > end) throw new Error(`not so after ${UNTIL_MS_MAX} ms: ${isTrue}`);
    await delay(lookMs);
  }
}
