import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { Driven } from '../compactor-run/driven.ts';
import { until } from '../compactor-run/until.ts';
import { linesOf } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { against, type Run } from './support/against.ts';

let server: TestServer;
let run: Run;
let root: string;
const driven = new Driven();

const stored = (): string[] =>
  readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ltx'))
    .map((entry) => join(entry.parentPath, entry.name));

beforeAll(async () => {
  driven.wall = Date.now();
  root = mkdtempSync(join(tmpdir(), 'lfsb-test-'));
  const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(root).href] };
  server = await TestServer.start({ config: { storage }, clock: driven.clock, timer: driven });
  run = against(server);
  const path = join(server.dataPath, 'source.db');
  for (const seed of [1, 2]) {
    writeFileSync(path, sqliteImage({ seed }));
    expect((await run(['import', 'a.db', path])).code).toBe(0);
    const reached = `000000000000000${seed}`;
    await until(() => {
      driven.pass(2_000);
      return server.query('SELECT 1 FROM stored_file WHERE max_txid = ?', reached).length > 0;
    });
  }
});

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  rmSync(root, { recursive: true, force: true });
});

describe('verify', () => {
  test('proves the newest point, and each of them with --all', async () => {
    const newest = await run(['verify', 'a.db']);
    expect(newest).toMatchObject({ code: 0, stderr: '' });
    const [point, verdict] = linesOf(newest.stdout);
    expect(point).toMatch(/^ok {6}0000000000000002 {2}\S+Z {2}file:\/\/\//);
    expect(verdict).toMatch(/^a\.db: 1 point built from file:\S+; \d files? read, .+, in .+ \(event \d+\)$/);
    const all = await run(['verify', 'a.db', '--all', '--json']);
    const lines = linesOf(all.stdout).map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.filter(({ kind }) => kind === 'point')).toHaveLength(2);
    expect(lines.at(-1)).toMatchObject({ kind: 'verdict', ok: true, points: 2, failed: 0 });
    const log = await run(['log', '--type', 'database.verified', '-n', '1']);
    expect(log.stdout).toMatch(/a\.db: verified 2 points up to 0x2 on file:/);
    expect((await run(['verify', 'a.db', '--txid', '0x1'])).stdout).toContain('0000000000000001');
  });

  test('what is no point, or both at once, is refused', async () => {
    expect(await run(['verify', 'a.db', '--txid', '0xff'])).toMatchObject({ code: 3 });
    expect(await run(['verify', 'no.db'])).toMatchObject({ code: 3 });
    expect(await run(['verify', 'a.db', '--all', '--txid', '0x1'])).toMatchObject({ code: 2 });
  });

  test('status tells how all fares', async () => {
    const { code, stdout } = await run(['status']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^lfsb \d\S+ at http:\S+, up \d+\S+$/m);
    expect(stdout).toMatch(/^clock {2}trusted$/m);
    expect(stdout).toMatch(/^file:\S+ {2}ok {5}- {4}/m);
    expect(stdout).toMatch(
      /^a\.db +0000000000000002 +\S+ \S+ +\S+ ago +000000000000000[12] +\S+ +ok \S+ ago$/m,
    );
    const status = JSON.parse((await run(['status', '--json'])).stdout);
    expect(status).toMatchObject({ cluster: 'shop', databases: [{ database: 'a.db', withheld: false }] });
    const empty = await run(['status', '-c', 'nobody']);
    expect(empty).toMatchObject({ code: 0, stderr: 'no database in cluster nobody\n' });
  });

  test('a wrong byte fails it: the file is named, the exit code is 6, and the log and the status say so', async () => {
    for (const path of stored()) {
      const bytes = readFileSync(path);
      bytes[bytes.length >> 1]! ^= 1;
      writeFileSync(path, bytes);
    }
    const failed = await run(['verify', 'a.db', '--all']);
    expect(failed.code).toBe(6);
    expect(failed.stdout).toMatch(
      /^FAILED {2}0000000000000001 .+: shop\/a\.db\/\d\/.+ is damaged: .+ \[ECORRUPT\]$/m,
    );
    expect(failed.stderr).toMatch(
      /^Error: 2 of 2 points of a\.db cannot be built: .+ \[EVERIFY\]\n {2}.+\n$/,
    );
    const lines = linesOf((await run(['verify', 'a.db', '--json'])).stdout);
    expect(JSON.parse(lines.at(-1)!).error).toMatchObject({ code: 'EVERIFY' });
    expect((await run(['log', '-n', '1'])).stdout).toMatch(/a\.db: FAILED its drill, 1 of 1 point on file:/);
    expect((await run(['status'])).stdout).toMatch(/FAILED \S+ ago$/m);
  });
});
