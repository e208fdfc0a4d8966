import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lfsb } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { against, type Run } from './support/against.ts';

let server: TestServer;
let run: Run;

beforeAll(async () => {
  server = await TestServer.start();
  run = against(server);
});

afterAll(() => server[Symbol.asyncDispose]());

const images = [sqliteImage({ seed: 1 }), sqliteImage({ seed: 2, rows: 300 })] as const;

/** A file in a folder of its own. */
function fileOf(bytes: Uint8Array): string {
  const path = join(tempDir(), 'source.db');
  writeFileSync(path, bytes);
  return path;
}

/** A database of two imports, as litefs-backup's scripts would fill one. */
async function filled(db: string): Promise<void> {
  for (const image of images) expect((await run(['import', db, fileOf(image)])).code).toBe(0);
}

describe('import and list', () => {
  test("print litefs-backup's words", async () => {
    const imported = await run(['import', 'words.db', fileOf(images[0])]);
    expect(imported).toMatchObject({ code: 0, stderr: '' });
    expect(imported.stdout).toBe('db imported\n  database = words.db\n  txid     = 0000000000000001\n\n');
    for (const args of [['list'], ['l']]) {
      const { code, stdout, stderr } = await run(args);
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      expect(stdout).toMatch(/^DATABASE\s*\tTXID {12}\tCHECKSUM\n/);
      expect(stdout).toMatch(/^words\.db\s*\t0000000000000001\t[0-9a-f]{16}$/m);
      expect(stdout).toMatch(/\n\n$/);
    }
  });

  test('an unknown cluster is empty, and says so beside the table', async () => {
    const { code, stdout, stderr } = await run(['list', '-c', 'nobody']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: 'DATABASE\tTXID\tCHECKSUM\n\n' });
    expect(stderr).toBe(`no database in cluster nobody at ${server.url}\n`);
  });

  test('--json is one value', async () => {
    const imported = await run(['import', 'json.db', fileOf(images[0]), '--json']);
    expect(JSON.parse(imported.stdout)).toEqual({ database: 'json.db', txid: '0000000000000001' });
    const listed = JSON.parse((await run(['list', '--json'])).stdout) as { database: string }[];
    expect(listed.find(({ database }) => database === 'json.db')).toEqual({
      database: 'json.db',
      txid: '0000000000000001',
      checksum: expect.stringMatching(/^[0-9a-f]{16}$/),
    });
  });

  test('what is no database is refused with the code of the server, and its name', async () => {
    const { code, stderr } = await run([
      'import',
      'text.db',
      fileOf(Buffer.from('no database at all'.repeat(99))),
    ]);
    expect(code).toBe(4);
    expect(stderr).toMatch(/^Error: .+ \(http:.+\) \[EBADHEADER\]\n/);
    expect(await run(['import', 'text.db', '/no/such.db'])).toMatchObject({ code: 3 });
    expect(await run(['import', 'text.db', tempDir()])).toMatchObject({ code: 4 });
    expect(await run(['import', '.hidden', fileOf(images[0])])).toMatchObject({ code: 2 });
  });
});

describe('export', () => {
  test('to a file, to standard output, as LTX', async () => {
    await filled('export.db');
    const path = join(tempDir(), 'out.db');
    const saved = await run(['export', 'export.db', '-o', path, '--json']);
    expect(saved.code).toBe(0);
    expect(JSON.parse(saved.stdout)).toEqual({
      database: 'export.db',
      format: 'sqlite',
      file: path,
      txid: '0000000000000002',
      sizeBytes: images[1].length,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(readFileSync(path).equals(images[1])).toBe(true);
    // Again, over it: litefs-backup replaces, too.
    expect((await run(['e', 'export.db', '-o', path])).code).toBe(0);
    const ltx = join(tempDir(), 'out.ltx');
    expect((await run(['e', 'export.db', '-f', 'ltx', '-o', ltx])).code).toBe(0);
    expect(await lfsb(['ltx', 'verify', ltx])).toMatchObject({ code: 0 });
    const piped = await run(['export', 'export.db']);
    expect(piped.code).toBe(0);
    expect(piped.stdout.startsWith('SQLite format 3\0')).toBe(true);
  });

  test('any restore point, by TXID', async () => {
    await filled('past.db');
    const path = join(tempDir(), 'past.db');
    expect(await run(['export', 'past.db', '--txid', '0x1', '-o', path])).toMatchObject({ code: 0 });
    expect(readFileSync(path).equals(images[0])).toBe(true);
  });

  test('a failed one leaves no file', async () => {
    const folder = tempDir();
    const { code, stderr } = await run(['export', 'unknown.db', '-o', join(folder, 'out.db')]);
    expect(code).toBe(3);
    expect(stderr).toContain('[ENODB]');
    expect(readdirSync(folder)).toEqual([]);
    expect(await run(['export', 'unknown.db', '-o', join(folder, 'no', 'out.db')])).toMatchObject({
      code: 3,
    });
  });

  test('JSON and a database do not share standard output', async () => {
    expect(await run(['export', 'any.db', '--json'])).toMatchObject({ code: 2 });
    expect(await run(['export', 'any.db', '-f', 'csv'])).toMatchObject({ code: 2 });
  });

  test('a device is written to and not replaced', async () => {
    await filled('device.db');
    expect((await run(['export', 'device.db', '-o', '/dev/null'])).code).toBe(0);
    expect(readFileSync('/dev/null').length).toBe(0);
  });
});

describe('info and restore', () => {
  test('info --all says where the points are that it does not list', async () => {
    await filled('fresh.db');
    expect((await run(['info', 'fresh.db'])).stdout).toContain('local');
    expect(await run(['info', 'fresh.db', '--all'])).toMatchObject({
      code: 0,
      stderr: 'no restore point on a replica yet: without --all, those on the disk of the server\n',
    });
  });

  test('list points, check one, set the database back', async () => {
    await filled('back.db');
    const info = await run(['info', 'back.db']);
    expect(info).toMatchObject({ code: 0 });
    expect(info.stdout).toMatch(/^back\.db\nTIMESTAMP\s*\tTXID\s*\tPOST-APPLY CHECKSUM\n/);
    const { points } = JSON.parse((await run(['i', 'back.db', '-a', '--json'])).stdout);
    expect(points).toBeInstanceOf(Array);
    const checked = await run(['restore', 'back.db', '--txid', '0000000000000001', '--check']);
    expect(checked.code).toBe(0);
    expect(checked.stdout).toMatch(
      /^db restore check\n {2}database {2}= back\.db\n {2}timestamp = \S+Z\n {2}pos {7}= 0000000000000001\n\n$/,
    );
    const restored = await run(['r', 'back.db', '--txid', '0x1']);
    expect(restored.stdout).toBe('db restored\n  database = back.db\n  pos      = 0000000000000003\n\n');
    const path = join(tempDir(), 'now.db');
    await run(['export', 'back.db', '-o', path]);
    expect(readFileSync(path).equals(images[0])).toBe(true);
  });

  test('a point goes into a file and nothing live is touched', async () => {
    await filled('aside.db');
    const path = join(tempDir(), 'aside.db');
    const restored = await run([
      'restore',
      'aside.db',
      '--timestamp',
      '1 second ago',
      '-o',
      path,
      '--txid',
      '0x1',
    ]);
    expect(restored).toMatchObject({ code: 2 });
    const saved = await run(['restore', 'aside.db', '--txid', '0x1', '-o', path, '--json']);
    expect(JSON.parse(saved.stdout)).toMatchObject({ database: 'aside.db', file: path, format: 'sqlite' });
    expect(readFileSync(path).equals(images[0])).toBe(true);
    expect(await run(['restore', 'aside.db', '--txid', '0x1', '-o', path])).toMatchObject({ code: 4 });
    expect(await run(['restore', 'aside.db', '-o', path, '--force'])).toMatchObject({ code: 0 });
    expect(readFileSync(path).equals(images[1])).toBe(true);
    expect((await run(['list'])).stdout).toMatch(/^aside\.db\s*\t0000000000000002\t/m);
  });

  test('what is no point is not found', async () => {
    await filled('none.db');
    expect(await run(['restore', 'none.db', '--txid', '0xfffff'])).toMatchObject({ code: 3 });
    const early = await run(['restore', 'none.db', '--timestamp', '2001-01-01T00:00:00Z']);
    expect(early.code).toBe(3);
    expect(early.stderr).toContain('timestamp: 2001-01-01T01:00:00.000+01:00 (2001-01-01T00:00:00.000Z)\n');
    expect(early.stderr).toContain('[ENOTIMESTAMP]');
  });

  test.each([
    [[], 'must specify one of --txid and --timestamp flags'],
    [['--txid', '0x1', '--timestamp', '2026-01-01T00:00:00Z'], 'cannot specify both'],
    [['--txid', '100'], 'not a TXID: "100"'],
    [['--txid', 'xyz'], 'not a TXID: "xyz"'],
    [['--txid', '0x0'], 'there is no TXID 0'],
    [['--timestamp', '2026-02-30T00:00:00Z'], 'there is no such time'],
    [['--timestamp', '2026-11-22T02:35:44'], 'not a time'],
    [['--timestamp', 'soon'], 'not a time: "soon"'],
    [['--timestamp', 'yesterday 25:00'], 'there is no such time'],
  ])('%j is refused before any request', async (args, what) => {
    const { code, stderr } = await run(['restore', 'any.db', ...args], {
      env: { LFSB_ENDPOINT: 'http://127.0.0.1:1' },
    });
    expect(code).toBe(2);
    expect(stderr).toContain(what);
  });
});

describe('delete', () => {
  test('does not ask a script; says what a LiteFS will do', async () => {
    await filled('gone.db');
    const deleted = await run(['delete', 'gone.db']);
    expect(deleted).toMatchObject({ code: 0, stdout: 'database deleted: gone.db\n' });
    expect(deleted.stderr).toContain('LiteFS');
    const again = await run(['delete', 'gone.db', '--yes', '--json']);
    expect(again.code).toBe(3);
    expect(JSON.parse(again.stdout).error).toMatchObject({ code: 'ENODB' });
  });
});

describe('a server that cannot be reached, and what is missing', () => {
  test('each has its own exit code and words', async () => {
    const unreachable = await run(['list', '-e', 'http://127.0.0.1:1']);
    expect(unreachable.code).toBe(5);
    expect(unreachable.stderr).toMatch(
      /^Error: cannot reach http:\/\/127\.0\.0\.1:1: .+ \[EUNREACHABLE\]\n {2}.+\n$/,
    );
    const json = await run(['list', '-e', 'http://127.0.0.1:1', '--json']);
    expect(JSON.parse(json.stdout)).toEqual({
      error: { code: 'EUNREACHABLE', message: expect.any(String), hint: expect.any(String) },
    });
    expect(await run(['list', '-e', 'nonsense'])).toMatchObject({ code: 2 });
    expect(await run(['list', '-c', 'a/b'])).toMatchObject({ code: 2 });
    const path = await run(['list', '-e', `${server.url}/some/path`]);
    expect(path.code).toBe(0);
  });

  test.each([
    ['LFSB_CLUSTER', 'Error: no cluster [EUSAGE]\n  give --cluster NAME, or set LFSB_CLUSTER\n'],
    ['LFSB_ENDPOINT', 'Error: no endpoint [EUSAGE]\n  give --endpoint URL, or set LFSB_ENDPOINT\n'],
  ])('%s is named when it is missing', async (variable, stderr) => {
    expect(await run(['list'], { env: { [variable]: '' } })).toMatchObject({ code: 2, stderr });
  });
});
