import { execFile } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { LFSB, lfsb } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { CASES, expectOffered } from './support/completions.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
const scripts = new Map<string, string>();

beforeAll(async () => {
  for (const shell of SHELLS) {
    const { code, stdout, stderr } = await lfsb(['completion', shell]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    scripts.set(shell, stdout);
  }
});

/** A folder with the script, an `lfsb` that lists two databases, and a file. */
function prepared(shell: string): { folder: string; script: string; env: Record<string, string> } {
  const folder = tempDir();
  const script = join(folder, `lfsb.${shell}`);
  writeFileSync(script, scripts.get(shell)!);
  const program = join(folder, 'lfsb');
  const list =
    'DATABASE  \\tTXID\\tCHECKSUM\\norders.db \\t0000000000000001\\tx\\nother.db  \\t0000000000000001\\tx\\n\\n';
  writeFileSync(program, `#!/bin/sh\n[ "$1" = list ] && printf '${list}'\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, 'backup.ltx'), '');
  return {
    folder,
    script,
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}`, HOME: folder } as never,
  };
}

describe('bash', () => {
  test.each(CASES)('%j', async (line, offered, not) => {
    const { folder, script, env } = prepared('bash');
    const words = line.split(' ').map((word) => `'${word}'`);
    const ask = `set -u; source ${script}; COMP_WORDS=(${words.join(' ')}); COMP_CWORD=${words.length - 1}; _lfsb; printf '%s\\n' "\${COMPREPLY[@]}"`;
    const options = { cwd: folder, env };
    const { stdout, stderr } = await promisify(execFile)('bash', ['--norc', '-c', ask], options);
    expect(stderr).toBe('');
    expectOffered(stdout.split('\n'), offered, not);
  });
});

describe('fish', () => {
  test.each(CASES)('%j', async (line, offered, not) => {
    const { folder, script, env } = prepared('fish');
    const ask = `source ${script}; complete -C '${line}'`;
    const { stdout, stderr } = await promisify(execFile)('fish', ['--no-config', '-c', ask], {
      cwd: folder,
      env,
    });
    expect(stderr).toBe('');
    expectOffered(
      stdout.split('\n').map((each) => each.split('\t')[0]!),
      offered,
      not,
    );
  });
});

test('what PowerShell gets is balanced, and names every command', () => {
  const script = scripts.get('powershell')!;
  const code = script
    .replace(/'[^']*'/g, '')
    .replace(/"[^"]*"/g, '')
    .replace(/#.*/g, '');
  for (const [open, close] of ['{}', '()', '[]']) {
    expect(code.split(open!).length).toBe(code.split(close!).length);
  }
  expect(code).not.toMatch(/['"]/);
  for (const name of ['export', 'log show', 'e', 'ltx verify']) expect(script).toContain(`  '${name}' = @{`);
});

test('an unknown shell is refused', async () => {
  expect(await lfsb(['completion', 'tcsh'])).toMatchObject({ code: 2 });
  expect(LFSB).toContain('run.js');
});
