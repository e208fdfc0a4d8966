import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lfsb, linesOf } from '../support/cli.ts';
import { sharedPath } from '../support/shared.ts';

interface Vector {
  readonly name: string;
  readonly kind: string;
  readonly file: string;
}

const FIELDS = ['header', 'pages', 'pageCount', 'pageBlockBytes', 'trailer'] as const;
const manifest = JSON.parse(readFileSync(sharedPath('vectors', 'manifest.json'), 'utf8')) as Vector[];
const NAMES = [
  'snapshot-512-2-plain',
  'incremental-4096-lz4',
  'header-wal-node',
  'header-txid-max',
  'deletion-lz4',
];

const vectorOf = (name: string): Vector =>
  manifest.find((each) => each.name === name && each.kind === 'file')!;

describe('ltx dump', () => {
  test.each(NAMES)('%s: --json has the fields of the manifest', async (name) => {
    const vector = vectorOf(name);
    const { code, stdout } = await lfsb(['ltx', 'dump', '--json', sharedPath('vectors', vector.file)]);
    const expected = Object.fromEntries(FIELDS.map((field) => [field, vector[field as keyof Vector]]));
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(expected);
  });

  test('shows header, page index and trailer', async () => {
    const file = sharedPath('vectors', vectorOf('incremental-512-lz4').file);
    const { code, stdout, stderr } = await lfsb(['ltx', 'dump', file]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('  commit          1201 pages\n');
    expect(stdout).toContain('  numbers         1 3-4 117 1199 1201\n');
    expect(stdout).toContain('  file checksum   fd729cb19999d494\n');
  });

  test('--pages shows the content in hex', async () => {
    const file = sharedPath('vectors', vectorOf('snapshot-512-2-plain').file);
    const first = readFileSync(file).subarray(104, 120).toString('hex');
    const { stdout } = await lfsb(['ltx', 'dump', '--pages', file]);
    const row = linesOf(stdout).find((line) => line.startsWith('00000000  ')) ?? '';
    expect(row.slice(10, 57).replaceAll(' ', '')).toBe(first);
    expect(linesOf(stdout).filter((line) => line.startsWith('page ')).length).toBeGreaterThanOrEqual(2);
  });

  test('--json --pages prints a line a page, and the file last', async () => {
    const { stdout } = await lfsb([
      'ltx',
      'dump',
      '--json',
      '--pages',
      sharedPath('vectors', vectorOf('snapshot-512-2-plain').file),
    ]);
    const lines = linesOf(stdout).map((line) => JSON.parse(line));
    expect(lines.map((line) => line.page ?? 'file')).toEqual([1, 2, 'file']);
    expect(lines[0].data).toHaveLength(1024);
    expect(lines[2].pageCount).toBe(2);
  });

  test('a bad file is an error: exit 6, one object under --json', async () => {
    const bad = sharedPath('vectors', 'invalid/bomb-same-page.ltx');
    const person = await lfsb(['ltx', 'dump', bad]);
    expect(person.code).toBe(6);
    expect(person.stderr).toMatch(
      /^Error: .*bomb-same-page\.ltx: page 2 after page 2, at byte \d+ \[LTX_PAGE_ORDER\]\n$/,
    );
    const program = await lfsb(['ltx', 'dump', '--json', bad]);
    expect(program.code).toBe(6);
    expect(JSON.parse(program.stdout).error).toEqual({
      code: 'LTX_PAGE_ORDER',
      message: expect.any(String),
      hint: null,
    });
  });

  test('a missing file exits 3', async () => {
    const { code, stderr } = await lfsb(['ltx', 'dump', '/nonexistent.ltx']);
    expect({ code, stderr }).toEqual({
      code: 3,
      stderr: 'Error: /nonexistent.ltx: no such file or directory [ENOFILE]\n',
    });
  });
});
