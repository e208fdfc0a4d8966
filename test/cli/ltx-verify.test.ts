import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { lfsb, linesOf } from '../support/cli.ts';
import { sharedPath } from '../support/shared.ts';

const vector = (path: string): string => sharedPath('vectors', path);

const GOOD = vector('files/snapshot-4096-100-lz4.ltx');
const GOOD_RECORD = {
  file: GOOD,
  ok: true,
  minTxid: '0000000000000001',
  maxTxid: expect.stringMatching(/^[0-9a-f]{16}$/),
  pageSize: 4096,
  commit: 100,
  postApplyChecksum: expect.stringMatching(/^[0-9a-f]{16}$/),
  fileChecksum: expect.stringMatching(/^[0-9a-f]{16}$/),
};
const BAD = vector('invalid/magic-ltx2.ltx');
const MISSING = '/nonexistent/file.ltx';

describe('ltx verify', () => {
  test('says what a good file holds', async () => {
    const { code, stdout, stderr } = await lfsb(['ltx', 'verify', GOOD]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/: ok, txid 0000000000000001-[0-9a-f]{16}, 4096 B pages, commit 100\n$/);
  });

  test('names what is wrong and where, and goes on', async () => {
    const { code, stdout } = await lfsb(['ltx', 'verify', BAD, MISSING, GOOD]);
    const lines = linesOf(stdout);
    expect(code).toBe(6);
    expect(lines[0]).toBe(`${BAD}: LTX_MAGIC: the file does not begin with LTX1, at byte 0`);
    expect(lines[1]).toBe(`${MISSING}: ENOFILE: no such file or directory`);
    expect(lines[2]).toContain(`${GOOD}: ok, `);
  });

  test('exits 3 when the worst is a missing file', async () => {
    expect((await lfsb(['ltx', 'verify', GOOD, MISSING])).code).toBe(3);
  });

  test('--json prints one line a file', async () => {
    const { code, stdout, stderr } = await lfsb(['ltx', 'verify', '--json', GOOD, BAD, MISSING]);
    expect({ code, stderr }).toEqual({ code: 6, stderr: '' });
    expect(linesOf(stdout).map((line) => JSON.parse(line))).toEqual([
      GOOD_RECORD,
      { file: BAD, ok: false, code: 'LTX_MAGIC', message: expect.any(String), offset: 0 },
      { file: MISSING, ok: false, code: 'ENOFILE', message: 'no such file or directory', offset: null },
    ]);
  });

  test('reads standard input', async () => {
    const { code, stdout } = await lfsb(['ltx', 'verify', '-'], { stdin: readFileSync(GOOD) });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^stdin: ok, /);
  });

  test('accepts every valid vector, and names a code and a byte for the invalid ones', async () => {
    const good = readdirSync(vector('files')).map((name) => vector(`files/${name}`));
    const bad = readdirSync(vector('invalid')).map((name) => vector(`invalid/${name}`));
    expect((await lfsb(['ltx', 'verify', ...good])).code).toBe(0);
    const { code, stdout } = await lfsb(['ltx', 'verify', '--json', ...bad]);
    const records = linesOf(stdout).map(
      (line) => JSON.parse(line) as { ok: boolean; code: string; offset: number },
    );
    expect(code).toBe(6);
    expect(records).toHaveLength(bad.length);
    for (const record of records.filter(({ ok }) => !ok)) {
      expect(record.code).toMatch(/^LTX_/);
      expect(record.offset).toBeGreaterThanOrEqual(0);
    }
  });

  test('names a file of the later ltx 0.5 layout as such', async () => {
    const later = readFileSync(vector('files/snapshot-4096-1-lz4.ltx'));
    later.writeUInt32BE(2, 4);
    const { code, stdout } = await lfsb(['ltx', 'verify', '-'], { stdin: later });
    expect(code).toBe(6);
    expect(stdout).toMatch(/^stdin: LTX_LATER_LAYOUT: .*ltx 0\.5/);
  });
});
