import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { LFSB, lfsb } from '../support/cli.ts';
import { sharedPath } from '../support/shared.ts';
import { tempDir } from '../support/temp-dir.ts';

interface Compaction {
  readonly name: string;
  readonly kind: string;
  readonly strict: string;
  readonly inputs: readonly string[];
  readonly headerFlags: number;
  readonly trailer: { readonly fileChecksum: string };
}

const manifest = JSON.parse(readFileSync(sharedPath('vectors', 'manifest.json'), 'utf8')) as Compaction[];
const compactions = manifest.filter(({ kind, name }) => kind === 'compaction' && name !== 'lock-page');
const inputsOf = ({ inputs }: Compaction): string[] => inputs.map((file) => sharedPath('vectors', file));
const named = (name: string): Compaction => compactions.find((each) => each.name === name)!;

const fileChecksum = async (path: string): Promise<string> =>
  JSON.parse((await lfsb(['ltx', 'verify', '--json', path])).stdout).fileChecksum;

describe('ltx compact', () => {
  const accepted = [
    'rollback-512-pair',
    'wal-4096-all',
    'plain-output',
    'reversed',
    'ends-in-deletion',
    'mixed-compression',
  ];
  test.each(accepted)('%s: makes the file that the reference makes', async (name) => {
    const vector = named(name);
    const output = join(tempDir(), 'out.ltx');
    const flags = vector.headerFlags === 0 ? ['--no-compress'] : [];
    const { code, stderr } = await lfsb(['ltx', 'compact', ...flags, '-o', output, ...inputsOf(vector)]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(await fileChecksum(output)).toBe(vector.trailer.fileChecksum);
  });

  test('more inputs than one merge takes go in passes, which leave nothing behind', async () => {
    const folder = tempDir();
    const vector = named('rollback-512-all');
    expect(vector.inputs.length).toBeGreaterThan(2 * 16);
    const { stdout } = await lfsb([
      'ltx',
      'compact',
      '--json',
      '-o',
      join(folder, 'out.ltx'),
      ...inputsOf(vector),
    ]);
    expect(JSON.parse(stdout)).toMatchObject({
      inputs: 50,
      minTxid: '0000000000000001',
      maxTxid: '0000000000000032',
    });
    expect(await fileChecksum(join(folder, 'out.ltx'))).toBe(vector.trailer.fileChecksum);
    expect(readdirSync(folder)).toEqual(['out.ltx']);
  });

  const refused = compactions.filter(({ strict, inputs }) => strict === 'reject' && inputs.length > 0);
  test.each(refused)('$name: is refused, and nothing is left behind', async (vector) => {
    const folder = tempDir();
    const { code, stdout } = await lfsb([
      'ltx',
      'compact',
      '--json',
      '-o',
      join(folder, 'out.ltx'),
      ...inputsOf(vector),
    ]);
    expect([4, 6]).toContain(code);
    expect(JSON.parse(stdout).error.code).toMatch(/^LTX_/);
    expect(readdirSync(folder)).toEqual([]);
  });

  test.each(['SIGINT', 'SIGTERM'] as const)('%s ends it with 130 and no file', async (signal) => {
    const folder = tempDir();
    const args = [LFSB, 'ltx', 'compact', '-o', join(folder, 'out.ltx'), '-'];
    // Standard input stays open: the merge waits for it, its draft already there.
    const child = spawn(process.execPath, args, { stdio: ['pipe', 'ignore', 'pipe'] });
    const ended = new Promise((resolve) => child.on('close', resolve));
    child.stdin.write(
      readFileSync(sharedPath('vectors', 'files/snapshot-4096-100-lz4.ltx')).subarray(0, 300),
    );
    while (readdirSync(folder).length === 0) await sleep(10);
    child.kill(signal);
    expect(await ended).toBe(130);
    expect(readdirSync(folder)).toEqual([]);
  });
});
