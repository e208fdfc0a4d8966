import { execFile } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Database from 'better-sqlite3';
import { describe, expect, it } from 'vitest';
import { migrationsDirectory, openLog } from '../../src/log/index.ts';
import { packageRoot } from '../../src/package-root.ts';
import { runs } from '../support/scale.ts';
import { appendToys, logPath, openToyLog, tempFolder } from './support/log-folder.ts';

const SHIPPED = readdirSync(migrationsDirectory()).sort();
const NEXT = String(SHIPPED.length + 1).padStart(4, '0');

/** A folder with the shipped migrations and some more. */
function migrationsWith(files: Record<string, string>): string {
  const folder = join(tempFolder(), 'migrations');
  mkdirSync(folder);
  for (const name of SHIPPED) copyFileSync(join(migrationsDirectory(), name), join(folder, name));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const migrationError = expect.objectContaining({ code: 'EMIGRATION' });

describe('migrations', () => {
  it('are applied once, in order', () => {
    const path = logPath();
    const first = openLog({ path });
    expect(first.opened.migrations).toEqual(SHIPPED);
    first.close();
    const second = openLog({ path });
    expect(second.opened.migrations).toEqual([]);
    second.close();
  });

  it('are applied by one of two processes that start at once', async () => {
    const child = fileURLToPath(new URL('support/migrate-child.mjs', import.meta.url));
    const root = fileURLToPath(packageRoot);
    for (let round = 0; round < runs(3); round += 1) {
      const args = [child, root, logPath(), String(Date.now() + 400)];
      const both = await Promise.all([1, 2].map(() => promisify(execFile)(process.execPath, args)));
      const applied = both.flatMap(({ stdout }) => JSON.parse(stdout) as string[]);
      expect(applied.sort()).toEqual(SHIPPED);
    }
  });

  it('refuses a file that was changed after it was applied', () => {
    const path = logPath();
    openLog({ path, migrations: migrationsWith({ [`${NEXT}-a.sql`]: 'CREATE TABLE a (b) ' }) }).close();
    const changed = migrationsWith({ [`${NEXT}-a.sql`]: 'CREATE TABLE a (c) ' });
    expect(() => openLog({ path, migrations: changed })).toThrow(migrationError);
  });

  it('refuses a database that a newer release has migrated', () => {
    const path = logPath();
    openLog({ path, migrations: migrationsWith({ [`${NEXT}-a.sql`]: 'CREATE TABLE a (b)' }) }).close();
    expect(() => openLog({ path })).toThrow(migrationError);
  });

  it('refuses a gap in the numbers', () => {
    const migrations = migrationsWith({ '0999-late.sql': 'SELECT 1' });
    expect(() => openLog({ path: logPath(), migrations })).toThrow(migrationError);
  });

  it('leaves nothing of a file that fails', () => {
    const path = logPath();
    const broken = migrationsWith({
      [`${NEXT}-a.sql`]: 'CREATE TABLE a (b); INSERT INTO nowhere VALUES (1)',
    });
    expect(() => openLog({ path, migrations: broken })).toThrow(migrationError);
    const db = new Database(path);
    expect(db.prepare("SELECT name FROM sqlite_schema WHERE name = 'a'").all()).toEqual([]);
    db.close();
    openLog({ path }).close();
  });

  it('copies the database before a file that changes data, as it was before that file', () => {
    const path = logPath();
    const log = openToyLog({ path });
    appendToys(log, 'a', 'b');
    log.close();
    const text = '-- changes-data\nDELETE FROM toy;\n';
    const after = openLog({ path, migrations: migrationsWith({ [`${NEXT}-empty.sql`]: text }) });
    expect(after.opened.migrations).toEqual([`${NEXT}-empty.sql`]);
    after.close();
    const copy = new Database(`${path}.before-${NEXT}`, { readonly: true });
    expect(copy.prepare('SELECT count(*) AS n FROM toy').get()).toEqual({ n: 2 });
    expect(copy.prepare('SELECT count(*) AS n FROM event').get()).toEqual({ n: 2 });
    copy.close();
    expect(existsSync(`${path}.before-${NEXT}.partial`)).toBe(false);
  });
});
