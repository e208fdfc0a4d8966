import {
  chmodSync,
  cpSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lfsb } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { rowsOf, Site } from './site.ts';

/** What a site with two replicas looks like after three rows; each test gets a copy. */
let made: string;

beforeAll(async () => {
  made = mkdtempSync(join(tmpdir(), 'lfsb-site-'));
  const site = new Site(join(made, 'site'), ['first', 'second']);
  for (const value of ['one', 'two', 'three']) {
    site.commit(value);
    expect(await site.once()).toMatchObject({ code: 0 });
  }
});

afterAll(() => rmSync(made, { recursive: true, force: true }));

/** The machine after it lost its database. */
function lost(): Site {
  const folder = tempDir();
  for (const name of ['first', 'second'])
    cpSync(join(made, 'site', name), join(folder, name), { recursive: true });
  return new Site(folder, ['first', 'second']);
}

const nothingElse = (site: Site): string[] =>
  readdirSync(site.folder).filter((name) => !['first', 'second', 'litestream.yml'].includes(name));

const files = (folder: string): string[] =>
  readdirSync(join(folder, '1'))
    .filter((name) => name.endsWith('.ltx'))
    .sort();

describe('restore of a configured database', () => {
  test('goes in place, verified, with nothing left beside it', async () => {
    const site = lost();
    const { code, stdout, stderr } = await site.run(['restore', '-config', site.config, site.db]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: `configuration: ${site.config}\n` });
    expect(stdout).toMatch(/txid += 000000000000000[0-9a-f]/);
    expect(nothingElse(site)).toEqual(['app.db']);
    expect(rowsOf(site.db)).toEqual(['one', 'two', 'three']);
  });

  test('goes into another file, to a point, and says what it did in JSON', async () => {
    const site = lost();
    const out = join(site.folder, 'new', 'copy.db');
    const args = ['restore', '-config', site.config, '-o', out, '-txid', '0x1', site.db, '--json'];
    const { code, stdout } = await site.run(args);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({ file: out, replica: 'first', txid: '0000000000000001' });
    expect(existsSync(site.db)).toBe(false);
    expect(rowsOf(out)).toEqual(['one']);
  });

  test('never replaces a file without --force, nor one that is in use with it', async () => {
    const site = lost();
    site.commit('mine');
    const refused = await site.run(['restore', '-config', site.config, site.db]);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('EFILEEXISTS') });
    const app = new Database(site.db);
    app.exec("INSERT INTO t VALUES ('in the WAL')");
    const inUse = await site.run(['restore', '-config', site.config, '--force', site.db]);
    expect(inUse).toMatchObject({ code: 4, stderr: expect.stringContaining('EINUSE') });
    app.close();
    expect(rowsOf(site.db)).toEqual(['mine', 'in the WAL']);
    chmodSync(site.db, 0o640);
    expect(await site.run(['restore', '-config', site.config, '--force', site.db])).toMatchObject({
      code: 0,
    });
    expect(rowsOf(site.db)).toEqual(['one', 'two', 'three']);
    expect(statSync(site.db).mode & 0o777).toBe(0o640);
  });

  test('does not let the WAL of a lost database into the restored one', async () => {
    const site = lost();
    site.commit('mine');
    const app = new Database(site.db);
    app.exec("INSERT INTO t VALUES ('in the WAL')");
    const wal = readFileSync(`${site.db}-wal`);
    app.close();
    rmSync(site.db);
    writeFileSync(`${site.db}-wal`, wal);
    const refused = await site.run(['restore', '-config', site.config, site.db]);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('app.db-wal') });
    expect(existsSync(site.db)).toBe(false);
    expect(await site.run(['restore', '-config', site.config, '--force', site.db])).toMatchObject({
      code: 0,
    });
    expect(existsSync(`${site.db}-wal`)).toBe(false);
    expect(rowsOf(site.db)).toEqual(['one', 'two', 'three']);
  });

  test('an entrypoint may always run it', async () => {
    const site = lost();
    const args = ['restore', '-if-db-not-exists', '-if-replica-exists', site.db];
    const env = { LITESTREAM_CONFIG: site.config };
    expect(await site.run(args, env)).toMatchObject({ code: 0 });
    const before = statSync(site.db).mtimeMs;
    const again = await site.run([...args, '--json'], env);
    expect(again).toMatchObject({ code: 0, stderr: expect.stringContaining('exists') });
    expect(JSON.parse(again.stdout)).toMatchObject({ restored: false });
    expect(statSync(site.db).mtimeMs).toBe(before);
    const fresh = new Site(tempDir());
    expect(await fresh.run(args.with(-1, fresh.db), { LITESTREAM_CONFIG: fresh.config })).toMatchObject({
      code: 0,
    });
    expect(readdirSync(fresh.folder)).toEqual(['litestream.yml']);
    const without = await fresh.run(['restore', fresh.db], { LITESTREAM_CONFIG: fresh.config });
    expect(without).toMatchObject({ code: 3, stderr: expect.stringContaining('ENODB') });
  });

  test('a replica that cannot be asked is not taken for one that is not there', async () => {
    const site = new Site(tempDir(), ['url: sftp://nobody@127.0.0.1:1/srv/app.db']);
    const { code } = await site.run(['restore', '-if-replica-exists', '-config', site.config, site.db]);
    expect(code).toBe(5);
  });
});

describe('of several replicas', () => {
  test('the one with the newest point gives it', async () => {
    const site = lost();
    rmSync(join(site.replica('first'), '1', files(site.replica('first')).at(-1)!));
    const { code, stdout } = await site.run(['restore', '-config', site.config, '--json', site.db]);
    expect({ code, replica: (JSON.parse(stdout) as { replica: string }).replica }).toEqual({
      code: 0,
      replica: 'second',
    });
    expect(rowsOf(site.db)).toEqual(['one', 'two', 'three']);
  });

  test('a damaged one is gone on from, and said', async () => {
    const site = lost();
    // Each of its files: a restore begins with a snapshot where the day ended between two syncs.
    const names = readdirSync(site.replica('first'), { recursive: true, encoding: 'utf8' });
    for (const name of names.filter((each) => each.endsWith('.ltx'))) {
      const bytes = readFileSync(join(site.replica('first'), name));
      bytes[200]! ^= 1;
      writeFileSync(join(site.replica('first'), name), bytes);
    }
    const { code, stderr, stdout } = await site.run(['restore', '-config', site.config, '--json', site.db]);
    expect({ code, stderr }).toEqual({
      code: 0,
      stderr: expect.stringMatching(/first: .*damaged.*going on with second/),
    });
    expect(JSON.parse(stdout)).toMatchObject({ replica: 'second' });
    const only = await site.run([
      'restore',
      '-config',
      site.config,
      '-replica',
      'first',
      '-o',
      'x.db',
      site.db,
    ]);
    expect(only).toMatchObject({ code: 6, stderr: expect.stringContaining('ECORRUPT') });
    expect(nothingElse(site)).toEqual(['app.db']);
    const none = await site.run(['restore', '-config', site.config, '-replica', 'third', site.db]);
    expect(none).toMatchObject({ code: 2, stderr: expect.stringContaining('first, second') });
  });
});

describe('restore of a URL or a folder', () => {
  test('needs no configuration, and leaves what another tool has there alone', async () => {
    const site = lost();
    const folder = site.replica('first');
    cpSync(join(folder, '1'), join(folder, 'generations', 'b16ddcf5c697540f', 'wal'), { recursive: true });
    for (const source of [folder, `file://${folder}`, './first/']) {
      const args = ['restore', '-o', 'out.db', '--force', '--integrity-check', 'full', source];
      expect(await site.run(args)).toMatchObject({ code: 0, stderr: '' });
      expect(rowsOf(join(site.folder, 'out.db'))).toEqual(['one', 'two', 'three']);
    }
    expect(await site.run(['restore', folder])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('-o FILE'),
    });
  });

  test('what is no point is refused with the nearest ones', async () => {
    const site = lost();
    const folder = site.replica('first');
    const late = await site.run(['restore', '-o', 'x.db', '--txid', '0x77', folder]);
    expect(late).toMatchObject({
      code: 3,
      stderr: expect.stringMatching(/ENOTXID.*nearest restore point is 0{15}/s),
    });
    const early = await site.run(['restore', '-o', 'x.db', '-timestamp', '2001-01-01T00:00:00Z', folder]);
    expect(early).toMatchObject({ code: 3, stderr: expect.stringContaining('ENOTIMESTAMP') });
    expect(nothingElse(site)).toEqual([]);
  });

  test('a path that is nothing is not found, and no folder is made of it', async () => {
    const folder = tempDir();
    for (const source of [join(folder, 'no'), `file://${folder}/no`]) {
      expect(await lfsb(['restore', '-o', join(folder, 'x.db'), source])).toMatchObject({ code: 3 });
    }
    expect(readdirSync(folder)).toEqual([]);
  });

  test('flags for files have no meaning for a database of the server', async () => {
    expect(await lfsb(['restore', 'app.db', '-if-replica-exists'])).toMatchObject({ code: 2 });
    expect(await lfsb(['restore', 'app.db', '--txid', '0x1', '--force'])).toMatchObject({ code: 2 });
  });
});

test('damage that the application had is told, and can be taken as it is', async () => {
  const site = new Site(tempDir());
  site.commit('one');
  const db = new Database(site.db);
  db.exec('CREATE TABLE big (v BLOB); INSERT INTO big SELECT randomblob(100000)');
  db.close();
  const bytes = readFileSync(site.db);
  bytes.fill(0xee, 4096 * 2, 4096 * 2 + 8);
  writeFileSync(site.db, bytes);
  await site.once();
  const refused = await site.run(['restore', '-o', 'x.db', site.replica()]);
  expect(refused).toMatchObject({ code: 6, stderr: expect.stringContaining('EVERIFY') });
  expect(existsSync(join(site.folder, 'x.db'))).toBe(false);
  const taken = await site.run(['restore', '-o', 'x.db', '--integrity-check', 'none', site.replica()]);
  expect(taken).toMatchObject({ code: 0 });
});
