import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { type S3Proxy, startProxy } from '../storage/s3-proxy.ts';
import { LFSB, linesOf } from '../support/cli.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { rowsOf, Site, until } from './site.ts';

interface View {
  readonly replicas: readonly Record<string, unknown>[];
}

/** The machine loses its database, and what SQLite has beside it. */
function lose({ db }: Site): void {
  for (const suffix of ['', '-wal', '-shm']) rmSync(`${db}${suffix}`, { force: true });
}

requireTool('an S3 server', s3Tool)('an S3 replica, by the program', () => {
  let server: S3Server;
  let proxy: S3Proxy;
  let bucket: string;
  let site: Site;

  beforeAll(async () => {
    server = await startS3Server();
    proxy = await startProxy(server.settings.endpoint!);
  }, S3_START_MS);

  afterAll(async () => {
    await proxy?.close();
    await server?.stop();
  });

  beforeEach(async () => {
    bucket = await server.bucket();
    const { accessKeyId, secretAccessKey } = server.settings.credentials!;
    site = new Site(tempDir(), [
      `{type: s3, bucket: ${bucket}, path: backups/app, region: us-east-1, endpoint: "${proxy.endpoint}", force-path-style: true, sync-interval: 100ms}`,
    ]);
    site.configure(`access-key-id: ${accessKeyId}\nsecret-access-key: ${secretAccessKey}\n`);
  });

  afterEach(() => {
    proxy.intercept = () => null;
  });

  /** What Litestream's users set where there is no configuration. */
  const variables = (): Record<string, string> => ({
    AWS_ENDPOINT_URL_S3: proxy.endpoint,
    AWS_REGION: 'us-east-1',
    AWS_ACCESS_KEY_ID: server.settings.credentials!.accessKeyId,
    AWS_SECRET_ACCESS_KEY: server.settings.credentials!.secretAccessKey,
  });

  const url = (): string => `s3://${bucket}/backups/app`;

  const start = (args: readonly string[]): ChildProcess => {
    const child = spawn(process.execPath, [LFSB, ...args], { cwd: site.folder, stdio: 'ignore' });
    onTestFinished(() => {
      child.kill('SIGKILL');
    });
    return child;
  };

  const view = async (): Promise<View> =>
    (JSON.parse((await site.run(['databases', '-config', site.config, '--json'])).stdout) as View[])[0]!;

  test('is replicated to until a signal, told of, listed, and restored from, with a configuration or an URL', async () => {
    site.commit('one');
    const agent = start(['replicate', '-config', site.config]);
    await until(async () => (await view()).replicas[0]?.['state'] === 'current');
    site.commit('two');
    agent.kill('SIGTERM');
    expect(await once(agent, 'exit')).toEqual([0, null]);
    expect(await view()).toMatchObject({
      txid: '0000000000000002',
      isRunning: false,
      replicas: [{ name: 's3', url: url(), state: 'current', txid: '0000000000000002', space: null }],
    });
    const listed = await site.run(['ltx', 'list', '--json', url()], variables());
    const keys = linesOf(listed.stdout).map((line) => (JSON.parse(line) as { key: string }).key);
    expect(keys.at(-1)).toMatch(/^1\/[0-9a-f]{16}-0{15}2\.ltx$/);
    const here = await site.run(['ltx', 'list', '-config', site.config, site.db]);
    expect(linesOf(here.stdout)).toHaveLength(keys.length + 1);
    lose(site);
    expect(await site.run(['restore', '-config', site.config, site.db])).toMatchObject({ code: 0 });
    expect(rowsOf(site.db)).toEqual(['one', 'two']);
    const point = await site.run(['restore', '-o', 'first.db', '-txid', '0x1', url()], variables());
    expect(point).toMatchObject({ code: 0, stderr: '' });
    expect(rowsOf(join(site.folder, 'first.db'))).toEqual(['one']);
    const inText = await site.run(['databases', '-config', site.config]);
    expect(inText.stdout + inText.stderr).not.toContain(server.settings.credentials!.secretAccessKey);
  });

  test('an entrypoint may always run the restore', async () => {
    const args = ['restore', '-if-db-not-exists', '-if-replica-exists', '-config', site.config, site.db];
    expect(await site.run(args)).toMatchObject({ code: 0, stderr: expect.stringContaining('no replica') });
    expect(existsSync(site.db)).toBe(false);
    site.commit('one');
    expect(await site.once()).toMatchObject({ code: 0 });
    const kept = await site.run(args);
    expect(kept).toMatchObject({ code: 0, stderr: expect.stringContaining('exists') });
    lose(site);
    expect(await site.run(args)).toMatchObject({ code: 0 });
    expect(rowsOf(site.db)).toEqual(['one']);
  });

  test('a key that is refused, or a store that does not answer, is not taken for an empty one', async () => {
    const args = ['restore', '-if-replica-exists', '-o', 'x.db', url()];
    const refused = await site.run(args, { ...variables(), AWS_SECRET_ACCESS_KEY: 'wrong' });
    expect(refused).toMatchObject({ code: 5 });
    const away = await site.run(args, { ...variables(), AWS_ENDPOINT_URL_S3: 'http://127.0.0.1:1' });
    expect(away).toMatchObject({ code: 5 });
    expect(readdirSync(site.folder)).toEqual(['litestream.yml']);
  });

  /** A site with a replica, and a file that a forced restore would replace. */
  async function before(): Promise<void> {
    site.commit('one');
    expect(await site.once()).toMatchObject({ code: 0 });
    writeFileSync(join(site.folder, 'x.db'), 'as it was');
  }

  const nothingChanged = (): void => {
    expect(readFileSync(join(site.folder, 'x.db'), 'utf8')).toBe('as it was');
    const names = readdirSync(site.folder).filter((name) => !/^app\.db-(wal|shm)$/.test(name));
    expect(names.sort()).toEqual(['.app.db-lfsb', 'app.db', 'litestream.yml', 'x.db']);
  };

  const RESTORE = ['restore', '--force', '-o', 'x.db'];
  const isFile = (line: string): boolean => line.startsWith('GET') && line.includes('.ltx');

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'a restore that gets %s in the middle of a file leaves nothing, and what was there',
    async (signal) => {
      await before();
      let stalled = 0;
      proxy.intercept = (line) => {
        if (!isFile(line)) return null;
        stalled += 1;
        return { stallAnswerAfter: 100 };
      };
      const restore = start([...RESTORE, '-config', site.config, site.db]);
      await until(() => stalled > 0);
      // It has begun to write, beside the file that it makes.
      await until(() => readdirSync(site.folder).some((name) => name.startsWith('.lfsb-restore-')));
      restore.kill(signal);
      expect(await once(restore, 'exit')).toEqual([130, null]);
      nothingChanged();
    },
  );

  test('a restore whose connection is lost, again and again, ends with 5 and leaves nothing', async () => {
    await before();
    proxy.intercept = (line) => (isFile(line) ? { cutAnswerAfter: 0 } : null);
    const { code, stderr } = await site.run([...RESTORE, '-config', site.config, site.db]);
    expect({ code, stderr }).toEqual({ code: 5, stderr: expect.stringContaining('EUNAVAILABLE') });
    nothingChanged();
  });

  test('a restore whose connection is lost once goes on', async () => {
    await before();
    let cut = 0;
    proxy.intercept = (line) => (isFile(line) && cut++ === 0 ? { cutAnswerAfter: 100 } : null);
    expect(await site.run([...RESTORE, '-config', site.config, site.db])).toMatchObject({ code: 0 });
    expect(cut).toBeGreaterThan(1);
    expect(rowsOf(join(site.folder, 'x.db'))).toEqual(['one']);
  });
});
