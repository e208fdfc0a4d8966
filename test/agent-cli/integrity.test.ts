import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, onTestFinished, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Site, until } from './site.ts';

const ROWS = 900;

/** Rows, a page each, with a constraint that takes SQLite so long that all of them take it minutes. */
function makeSlow(path: string): void {
  const db = new Database(path);
  db.pragma('journal_mode = WAL');
  db.exec(
    "CREATE TABLE t (v TEXT CHECK (length(replace(hex(zeroblob(20000000 + length(v))), '0', '00')) > 0))",
  );
  db.pragma('ignore_check_constraints = ON');
  const insert = db.prepare('INSERT INTO t VALUES (?)');
  db.transaction(() => {
    for (let row = 0; row < ROWS; row++) insert.run('x'.repeat(3_500));
  })();
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
    const child = spawn(process.execPath, [LFSB, 'restore', '-o', out, site.replica()], { stdio: 'ignore' });
    const ended = once(child, 'close');
    onTestFinished(async () => {
      child.kill('SIGKILL');
      await ended;
    });
    await until(() => isChecked(folder));
    child.kill(signal);
    expect(await ended).toEqual([130, null]);
    expect(readdirSync(folder)).toEqual([]);
  },
);
