import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lfsb } from '../support/cli.ts';
import { sharedPath } from '../support/shared.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Chain {
  readonly name: string;
  readonly kind: string;
  readonly files: readonly { readonly file: string; readonly database: { readonly sha256: string } }[];
}

const manifest = JSON.parse(readFileSync(sharedPath('vectors', 'manifest.json'), 'utf8')) as Chain[];
const chains = manifest.filter(({ kind }) => kind === 'chain');
const pathsOf = ({ files }: Chain): string[] => files.map(({ file }) => sharedPath('vectors', file));
const sha256 = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');
/** A copy of a file with one byte of its file checksum changed. */
function broken(path: string): string {
  const bytes = readFileSync(path);
  bytes[bytes.length - 1]! ^= 1;
  const copy = join(tempDir(), 'broken.ltx');
  writeFileSync(copy, bytes);
  return copy;
}

const small = chains.find(({ name }) => name === 'rollback-512')!;

describe('ltx apply', () => {
  test.each(chains)('$name: gives the database, in whatever order the files come', async (chain) => {
    const output = join(tempDir(), 'a.db');
    const { code, stdout, stderr } = await lfsb(['ltx', 'apply', '-o', output, ...pathsOf(chain).reverse()]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(`${output}: txid 0000000000000001-`);
    expect(sha256(output)).toBe(chain.files.at(-1)!.database.sha256);
  });

  test('stops where the chain stops, and says so as JSON', async () => {
    const output = join(tempDir(), 'a.db');
    const { stdout } = await lfsb(['ltx', 'apply', '--json', '-o', output, ...pathsOf(small).slice(0, 20)]);
    expect(JSON.parse(stdout)).toMatchObject({
      file: output,
      inputs: 20,
      maxTxid: '0000000000000014',
      pageSize: 512,
    });
    expect(sha256(output)).toBe(small.files[19]!.database.sha256);
  });

  test('takes a snapshot from standard input', async () => {
    const output = join(tempDir(), 'a.db');
    const { code } = await lfsb(['ltx', 'apply', '-o', output, '-'], {
      stdin: readFileSync(pathsOf(small)[0]!),
    });
    expect(code).toBe(0);
    expect(sha256(output)).toBe(small.files[0]!.database.sha256);
  });

  test.each([
    {
      why: 'a gap',
      pick: (all: string[]) => all.filter((_, i) => i !== 5),
      code: 'LTX_NOT_CONTIGUOUS',
      exit: 4,
    },
    { why: 'no base', pick: (all: string[]) => all.slice(3), code: 'LTX_NOT_A_BASE', exit: 4 },
    {
      why: 'the same file twice',
      pick: (all: string[]) => [all[0]!, ...all],
      code: 'LTX_NOT_CONTIGUOUS',
      exit: 4,
    },
    { why: 'a broken file', pick: (all: string[]) => [broken(all[0]!)], code: 'LTX_FILE_CHECKSUM', exit: 6 },
    {
      why: 'a missing file',
      pick: (all: string[]) => [...all, '/nonexistent.ltx'],
      code: 'ENOFILE',
      exit: 3,
    },
    { why: 'a pipe among files', pick: (all: string[]) => [...all, '-'], code: 'EUSAGE', exit: 2 },
  ])('refuses $why and leaves nothing behind', async ({ pick, code, exit }) => {
    const folder = tempDir();
    const result = await lfsb([
      'ltx',
      'apply',
      '--json',
      '-o',
      join(folder, 'a.db'),
      ...pick(pathsOf(small)),
    ]);
    expect(result.code).toBe(exit);
    expect(JSON.parse(result.stdout).error.code).toContain(code);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('never replaces a file without --force', async () => {
    const output = join(tempDir(), 'a.db');
    writeFileSync(output, 'precious');
    const refused = await lfsb(['ltx', 'apply', '-o', output, ...pathsOf(small)]);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain('[EFILEEXISTS]\n  add --force');
    expect(readFileSync(output, 'utf8')).toBe('precious');
    expect((await lfsb(['ltx', 'apply', '--force', '-o', output, ...pathsOf(small)])).code).toBe(0);
    expect(sha256(output)).toBe(small.files.at(-1)!.database.sha256);
  });

  test('a folder that does not exist is named, not made', async () => {
    const output = join(tempDir(), 'no', 'a.db');
    const { code, stderr } = await lfsb(['ltx', 'apply', '-o', output, ...pathsOf(small)]);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: `Error: ${output}: no such file or directory [ENOFILE]\n`,
    });
    expect(existsSync(output)).toBe(false);
  });
});
