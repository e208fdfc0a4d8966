import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { LFSB, lfsb, linesOf } from '../support/cli.ts';

const packageJson = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));

describe('the program', () => {
  test('tells its version', async () => {
    const { code, stdout, stderr } = await lfsb(['--version']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(new RegExp(`^lfsb/${packageJson.version} `));
  });

  test.each([[[]], [['--help']], [['help']]])('lists its commands: %j', async (args) => {
    const { code, stdout, stderr } = await lfsb(args);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('serve');
    // An alias is told of where its command is.
    expect(stdout).not.toMatch(/^ {2}e {2}/m);
  });

  test('separates topic and command by a space, in help too', async () => {
    const { code, stdout } = await lfsb(['help', 'ltx', 'verify']);
    expect(code).toBe(0);
    expect(stdout).toContain('$ lfsb ltx verify FILE');
  });

  test('calls what begins with a dash a flag', async () => {
    expect(await lfsb(['--bogus'])).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/^Error: unknown flag: --bogus \[EUSAGE\]/),
    });
  });

  test('lists its commands as JSON', async () => {
    const { code, stdout } = await lfsb(['help', 'ltx', '--json']);
    const { commands } = JSON.parse(stdout) as { commands: { command: string }[] };
    expect(code).toBe(0);
    expect(commands.map(({ command }) => command).sort()).toEqual([
      'ltx apply',
      'ltx compact',
      'ltx dump',
      'ltx list',
      'ltx verify',
    ]);
  });
});

describe('a command line that is wrong', () => {
  const wrong = [
    { args: ['frobnicate'], what: 'unknown command: frobnicate' },
    { args: ['ltx', 'frobnicate'], what: 'unknown command: ltx frobnicate' },
    { args: ['help', 'frobnicate'], what: 'unknown command: frobnicate' },
    { args: ['ltx', 'verify'], what: 'missing FILE' },
    { args: ['ltx', 'dump', 'a', 'b'], what: 'unexpected argument: b' },
    { args: ['ltx', 'dump', 'a', '--frob'], what: 'unknown flag: --frob' },
    { args: ['ltx', 'apply', 'a'], what: 'missing --output' },
    { args: ['ltx', 'compact', '-o'], what: 'Flag --output expects a value' },
  ];

  test.each(wrong)('$args: exit 2, what is wrong, and a hint', async ({ args, what }) => {
    const { code, stdout, stderr } = await lfsb(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^Error: .* \[EUSAGE\]\n {2}.+\n$/);
    expect(stderr).toContain(`Error: ${what} [`);
  });

  test.each(wrong)('$args --json: exit 2, one object on stdout', async ({ args, what }) => {
    const { code, stdout, stderr } = await lfsb([...args, '--json']);
    expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
    const error = { code: 'EUSAGE', message: what, hint: expect.any(String) };
    expect(JSON.parse(stdout)).toEqual({ error });
  });
});

describe('around the commands', () => {
  test('a reader that goes away ends a command without a word', async () => {
    const files = `"${LFSB}" `.repeat(2_000);
    const pipe = `"${process.execPath}" "${LFSB}" ltx verify ${files} | head -1; echo "\${PIPESTATUS[0]}"`;
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', pipe]);
    expect(stderr).toBe('');
    expect(linesOf(stdout)).toEqual([expect.stringContaining('LTX_MAGIC'), '141']);
  });

  test('no colours reach a pipe, whatever the terminal', async () => {
    const { stdout } = await lfsb(['help'], { env: { FORCE_COLOR: '1', NO_COLOR: '1' } });
    expect(stdout).not.toContain('\u001b[');
  });
});
