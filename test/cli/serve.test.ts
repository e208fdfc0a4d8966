import { existsSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { lfsb } from '../support/cli.ts';
import { serveCommand } from '../support/serve-command.ts';
import { tempDir } from '../support/temp-dir.ts';

/** A request whose body never ends, so that the server has something in flight. */
function hangingUpload(url: string): void {
  const headers = { authorization: 'cluster c', 'transfer-encoding': 'chunked' };
  const upload = request(`${url}/db/tx?db=a.db`, { method: 'POST', headers });
  upload.on('error', () => undefined);
  upload.write('LTX1');
}

describe('serve', () => {
  test.each(['SIGTERM', 'SIGINT'] as const)(
    'with nothing configured it runs, and %s ends it with 0',
    async (signal) => {
      const cwd = tempDir();
      const server = await serveCommand({ cwd });
      const answer = await fetch(`${server.url}/pos`, { headers: { authorization: 'cluster c' } });
      expect({ status: answer.status, body: await answer.json() }).toEqual({ status: 200, body: {} });
      expect(existsSync(join(cwd, 'lfsb-data', 'lfsb.db'))).toBe(true);
      server.kill(signal);
      const { code, stderr } = await server.ended;
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    },
  );

  test('says where it listens, where it keeps data, and what a LiteFS needs', async () => {
    const data = join(tempDir(), 'd');
    const { log, url } = await serveCommand({
      args: ['--data', data, '--bind', '127.0.0.1:0'],
      cwd: tempDir(),
    });
    expect(log).toContainEqual(
      expect.objectContaining({ msg: 'server listening', addr: new URL(url).host, data }),
    );
    expect(log.find((line) => line['LITEFS_CLOUD_TOKEN'])).toMatchObject({
      LITEFS_CLOUD_TOKEN: 'cluster NAME',
    });
  });

  test('a signal that comes twice at once, as through npm, is one signal', async () => {
    const server = await serveCommand({ cwd: tempDir() });
    server.kill('SIGINT');
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)(
    '%s reaches it through npm start, and its exit code comes back',
    async (signal) => {
      const data = tempDir();
      const command = ['npm', 'start', '--ignore-scripts'];
      const server = await serveCommand({ command, env: { LFSB_DATA_PATH: data } });
      server.kill(signal);
      expect((await server.ended).code).toBe(0);
      expect(server.log.at(-1)).toMatchObject({ msg: 'stopped' });
    },
  );

  test('a second signal, later, ends it at once', async () => {
    const server = await serveCommand({ cwd: tempDir() });
    hangingUpload(server.url);
    await sleep(200);
    server.kill('SIGTERM');
    await sleep(1_200);
    server.kill('SIGTERM');
    expect((await server.ended).code).toBe(130);
  });

  test('warns of a variable that it does not know', async () => {
    const server = await serveCommand({ cwd: tempDir(), env: { LFSB_DATA_PAHT: 'x' } });
    server.kill('SIGTERM');
    expect((await server.ended).stderr).toMatch(/^Warning: LFSB_DATA_PAHT .*\n$/);
  });
});

describe('a server that cannot start says so in a line', () => {
  const error = /^Error: [^\n]+ \[[A-Z]+\]\n(?: {2}[^\n]+\n)?$/;

  test('a directory that another server uses: exit 4', async () => {
    const data = tempDir();
    await serveCommand({ args: ['--data', data], cwd: tempDir() });
    const { code, stderr } = await lfsb(['serve', '--data', data, '--bind', '127.0.0.1:0']);
    expect(code).toBe(4);
    expect(stderr).toMatch(error);
    expect(stderr).toContain('[EDATADIR]');
  });

  test('a port in use: exit 4', async () => {
    const { url } = await serveCommand({ cwd: tempDir() });
    const { code, stderr } = await lfsb(['serve', '--data', tempDir(), '--bind', new URL(url).host]);
    expect(code).toBe(4);
    expect(stderr).toMatch(error);
    expect(stderr).toContain('[EBIND]');
  });

  test('a directory that cannot be made: exit 4', async () => {
    const file = join(tempDir(), 'file');
    writeFileSync(file, '');
    const { code, stderr } = await lfsb(['serve', '--data', join(file, 'data'), '--bind', '127.0.0.1:0']);
    expect(code).toBe(4);
    expect(stderr).toMatch(error);
    expect(stderr).toContain('[EDATADIR]');
  });

  test('a wrong setting: exit 2, and the setting by name', async () => {
    const { code, stdout } = await lfsb(['serve', '--json'], { env: { LFSB_LOG_LEVEL: 'loud' } });
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'ECONFIG',
      message: expect.stringContaining('LFSB_LOG_LEVEL'),
    });
  });
});
