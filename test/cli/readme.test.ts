import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Step {
  readonly command: string;
  readonly output: string;
}

/** The session of the README: what is typed after a `$ `, and what comes. */
function session(): Step[] {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const text = /^## A session$.*?^```console\n(.*?)^```$/ms.exec(readme)?.[1];
  if (text === undefined) throw new Error('the README has no session');
  return text
    .split(/^\$ /m)
    .slice(1)
    .map((part) => {
      const at = part.indexOf('\n');
      return { command: part.slice(0, at), output: part.slice(at + 1) };
    });
}

/** Without what is another each time: times, hashes and checksums, sizes, durations, numbers of events. */
const masked = (text: string): string =>
  text
    .replace(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d\.\d{3}(?:Z|[+-]\d\d:\d\d)/g, 'TIME')
    .replace(/\b[0-9a-f]{64}\b/g, 'HASH')
    .replace(/\b[89a-f][0-9a-f]{15}\b/g, 'CHECKSUM')
    .replace(/[\d.]+ (?:[KMG]i)?B\b/g, 'SIZE')
    .replace(/\d+\.\d s\b/g, 'DURATION')
    .replace(/^ *\d+ {2}TIME/gm, 'SEQ  TIME')
    .replace(/\(event \d+\)|\d+:HASH|^\d+ events/gm, 'SEQ')
    .trimEnd();

test("the README's session is what happens", async () => {
  await using server = await TestServer.start();
  const cwd = tempDir();
  const env = { ...process.env, TZ: 'UTC', NO_COLOR: '1', LFSB_ENDPOINT: server.url, LFSB_CLUSTER: 'shop' };
  const steps = session();
  expect(steps.length).toBeGreaterThan(9);
  for (const { command, output } of steps) {
    if (command.startsWith('export ')) continue;
    const script = `lfsb() { "${process.execPath}" "${LFSB}" "$@"; }\n${command}`;
    const { stdout } = await promisify(execFile)('bash', ['-c', `{ ${script}\n} 2>&1`], { cwd, env });
    expect({ command, output: masked(stdout) }).toEqual({ command, output: masked(output) });
  }
});
