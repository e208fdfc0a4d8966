import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Site, until } from './site.ts';

const ROWS = 1_000_000;
const INDEXES = 10;

/** How often a file is looked at, ms. */
const LOOK_MS = 2;

/** Rows with many indexes: a full check looks each row up in each of them, which takes SQLite seconds. */
function makeSlow(path: string): void {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.exec('CREATE TABLE t (v INTEGER)');
  db.exec(
    `INSERT INTO t WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${ROWS}) SELECT i FROM n`,
  );
  for (let i = 0; i < INDEXES; i++) db.exec(`CREATE INDEX i${i} ON t (v, ${i})`);
  db.close();
}

/** Whether a file in the folder is being checked: it is in rollback mode for that time. */
function isChecked(folder: string): boolean {
  return readdirSync(folder).some((name) => {
    if (!name.startsWith('.out.db')) return false;
    const bytes = Buffer.alloc(1);
    const fd = openSync(join(folder, name), 'r');
    readSync(fd, bytes, 0, 1, 18);
    closeSync(fd);
    return bytes[0] === 1;
  });
}

test.each(['SIGINT', 'SIGTERM'] as const)(
  'a restore ends on %s while SQLite checks the file, and leaves nothing',
  async (signal) => {
    const site = new Site(tempDir());
    makeSlow(site.db);
    expect(await site.once()).toMatchObject({ code: 0 });
    const folder = join(site.folder, 'new');
    mkdirSync(folder);
    const out = join(folder, 'out.db');
    const args = ['restore', '-integrity-check', 'full', '-o', out, site.replica()];
    const child = spawn(process.execPath, [LFSB, ...args], { stdio: 'ignore' });
    const ended = once(child, 'close');
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    await until(() => isChecked(folder), LOOK_MS);
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(readdirSync(folder)).toEqual([]);
  },
);
