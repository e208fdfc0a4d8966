import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { onTerminal, type PtyOptions, type PtyResult } from '../support/terminal.ts';
import { against, type Run } from './support/against.ts';

let server: TestServer;
let run: Run;

beforeAll(async () => {
  server = await TestServer.start();
  run = against(server);
  const path = join(server.dataPath, 'source.db');
  writeFileSync(path, sqliteImage());
  for (const db of ['a.db', 'b.db']) expect((await run(['import', db, path])).code).toBe(0);
});

afterAll(() => server[Symbol.asyncDispose]());

const typed = (args: readonly string[], { env, ...options }: PtyOptions = {}): Promise<PtyResult> =>
  onTerminal([process.execPath, LFSB, ...args], {
    ...options,
    env: { LFSB_ENDPOINT: server.url, LFSB_CLUSTER: 'shop', ...env },
  });

const ESCAPE = '\u001b[';

describe('on a terminal', () => {
  test('there are colours, unless NO_COLOR says otherwise', async () => {
    const coloured = await typed(['info', 'a.db']);
    expect(coloured).toMatchObject({ code: 0 });
    expect(coloured.output).toContain(`${ESCAPE}1ma.db${ESCAPE}0m`);
    for (const args of [['info', 'a.db'], ['log'], ['status'], ['help']]) {
      const { output } = await typed(args, { env: { NO_COLOR: '1' } });
      expect(output).not.toContain(ESCAPE);
    }
    const piped = await run(['info', 'a.db'], { env: { NO_COLOR: '' } });
    expect(piped.stdout).not.toContain(ESCAPE);
  });

  test('delete asks for the name: another one, or none, deletes nothing', async () => {
    const wait = 'Write its name to go on: ';
    const wrong = await typed(['delete', 'b.db'], { steps: [{ wait, send: 'a.db\n' }] });
    expect(wrong.code).toBe(4);
    expect(wrong.output).toContain('not confirmed: nothing was done [ENOTCONFIRMED]');
    expect((await typed(['delete', 'b.db'], { steps: [{ wait, send: '\u0004' }] })).code).toBe(4);
    expect((await typed(['delete', 'b.db'], { steps: [{ wait, send: '\u0003' }] })).code).toBe(130);
    expect((await run(['list'])).stdout).toContain('b.db');
    const right = await typed(['delete', 'b.db'], { steps: [{ wait, send: 'b.db\n' }] });
    expect(right.code).toBe(0);
    expect((await run(['list'])).stdout).not.toContain('b.db');
  });

  test('what is longer than the screen goes through the pager, and nothing else does', async () => {
    const env = { PAGER: 'sed s/^/paged:/' };
    expect((await typed(['info', 'a.db'], { env, rows: 3 })).output).toContain('paged:TIMESTAMP');
    expect((await typed(['info', 'a.db'], { env, rows: 40 })).output).not.toContain('paged:');
    expect((await run(['info', 'a.db'], { env })).stdout).not.toContain('paged:');
    const none = await typed(['info', 'a.db'], { env: { PAGER: 'no-such-pager' }, rows: 3 });
    expect(none).toMatchObject({ code: 0, output: expect.stringContaining('TIMESTAMP') });
  });

  test('a database does not go to it', async () => {
    const { code, output } = await typed(['export', 'a.db']);
    expect(code).toBe(2);
    expect(output).toContain('missing --output');
  });

  test('a download that takes longer than a second shows how far it is, and takes the line away', async () => {
    const image = sqliteImage({ rows: 4_000 });
    const slow = createServer((_, answer) => {
      answer.writeHead(200, { 'content-length': image.length });
      const step = Math.ceil(image.length / 12);
      let at = 0;
      const timer = setInterval(() => {
        answer.write(image.subarray(at, at + step));
        at += step;
        if (at < image.length) return;
        clearInterval(timer);
        answer.end();
      }, 150);
    });
    await once(slow.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void slow.close());
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const args = ['export', 'a.db', '-e', url, '-o', join(tempDir(), 'out.db')];
    const { code, output } = await typed(args);
    expect(code).toBe(0);
    const shown = output.split('\r\u001b[K');
    expect(shown[1]).toMatch(/^downloading \d+% [\d.]+ [KM]iB, [\d.]+ [KM]iB\/s, \d+s left$/);
    expect(shown.at(-1)).toMatch(/^a\.db: .+ exported to /);
    const quiet = await run(args.with(-1, join(tempDir(), 'out.db')));
    expect(quiet.stderr).not.toContain('downloading');
  });

  test('a server that takes longer than a second is waited for with a word, on one line of any width', async () => {
    const slow = createServer((_, answer) => {
      setTimeout(() => answer.end('{"txID":"0000000000000002"}'), 2_500);
    });
    await once(slow.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void slow.close());
    const url = `http://127.0.0.1:${(slow.address() as AddressInfo).port}`;
    const args = ['restore', 'a.db', '--txid', '0x1', '-e', url];
    const { code, output } = await typed(args);
    expect(code).toBe(0);
    const [, first, ...rest] = output.split('\r\u001b[K');
    expect(first).toMatch(/^waiting for http:\S+, \d+s$/);
    expect(rest.at(-1)).toContain('db restored');
    const narrow = await typed(args, { columns: 20 });
    expect(narrow.output).toContain('\r\u001b[Kwaiting for http://\r\u001b[K');
    expect((await run(args)).stderr).toBe('');
  });
});

describe('through a pipe', () => {
  const piped = async (command: string): Promise<{ stdout: string; stderr: string }> =>
    promisify(execFile)('bash', ['-c', command.replaceAll('lfsb ', `"${process.execPath}" "${LFSB}" `)], {
      env: { ...process.env, LFSB_ENDPOINT: server.url, LFSB_CLUSTER: 'shop' },
    });

  test('a database goes to sqlite3 and to gzip', async () => {
    const folder = tempDir();
    const counted = `lfsb export a.db > ${folder}/a.db && sqlite3 ${folder}/a.db 'PRAGMA integrity_check'`;
    expect((await piped(counted)).stdout).toBe('ok\n');
    const zipped = `set -o pipefail; lfsb export a.db -f ltx | gzip > ${folder}/a.gz && gunzip -c ${folder}/a.gz | lfsb ltx verify -`;
    expect((await piped(zipped)).stdout).toMatch(/: ok, txid /);
    const straight = `lfsb export a.db | sqlite3 "$(mktemp -u)" ".restore /dev/stdin" 'PRAGMA integrity_check' 2>&1; echo "\${PIPESTATUS[0]}"`;
    expect((await piped(straight)).stdout).toMatch(/^(ok\n0|.*\n(0|141))\n$/s);
  });

  test('a reader that goes away ends a command without a word', async () => {
    for (const command of ['lfsb log', 'lfsb list', 'lfsb log -f']) {
      const { stderr } = await piped(`${command} | head -1 > /dev/null`);
      expect(stderr).toBe('');
    }
  });
});
