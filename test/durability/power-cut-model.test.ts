import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Disk } from '../support/power-cut/disk.ts';
import { ALL_LUCK, type Luck } from '../support/power-cut/inode.ts';
import { Replay } from '../support/power-cut/replay.ts';
import { TraceParser } from '../support/power-cut/trace.ts';

const hex = (text: string): string =>
  `"${[...Buffer.from(text)].map((byte) => `\\x${byte.toString(16).padStart(2, '0')}`).join('')}"`;

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'lfsb-disk-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** What is left in a file of `/disk` after these lines of a trace, or null when its name is not there. */
function left(lines: readonly string[], name: string, luck?: Luck): string | null {
  const disk = new Disk('/disk');
  const replay = new Replay(disk);
  const parser = new TraceParser();
  for (const line of lines) for (const moment of parser.parse(line)) replay.apply(moment);
  disk.materialise(folder, luck ?? { keeps: () => false, sectorBytes: 512, names: () => 0 });
  const path = join(folder, name);
  return existsSync(path) ? readFileSync(path, 'utf8') : null;
}

const open = `7 openat(AT_FDCWD, ${hex('/disk/a')}, O_RDWR|O_CREAT|O_CLOEXEC, 0644) = 5`;
const write = (text: string, at: number): string =>
  `7 pwrite64(5, ${hex(text)}, ${text.length}, ${at}) = ${text.length}`;
const syncFile = '7 fdatasync(5)                    = 0';
const syncFolder = [
  `7 openat(AT_FDCWD, ${hex('/disk')}, O_RDONLY|O_DIRECTORY) = 6`,
  '7 fsync(6)                         = 0',
  '7 close(6)                         = 0',
];

describe('a trace', () => {
  it('gives a call that was interrupted two moments, with those of other threads between them', () => {
    const parser = new TraceParser();
    const lines = [
      `7 pwrite64(5, ${hex('one')}, 3, 9 <unfinished ...>`,
      '8 fsync(5 <unfinished ...>',
      '7 <... pwrite64 resumed>)           = 3',
      '8 <... fsync resumed>)              = 0',
      `7 openat(AT_FDCWD, ${hex('/none')}, O_RDONLY) = -1 ENOENT (No such file or directory)`,
      `7 pwrite64(5, ${hex('two')}, 3, 12 <unfinished ...>) = ?`,
      '7 +++ killed by SIGKILL +++',
    ];
    const moments = lines.flatMap((line) => parser.parse(line));
    expect(moments.map(({ at, call }) => `${at} ${call.name}`)).toEqual([
      ...['begin pwrite64', 'begin fsync', 'end pwrite64', 'end fsync'],
      ...['begin openat', 'end openat', 'begin pwrite64'],
    ]);
    expect(moments[0]?.call).toMatchObject({
      args: ['5', '$0', '3', '9'],
      strings: [Buffer.from('one')],
      result: 3,
    });
    expect(moments[5]?.call.result).toBe(-1);
  });

  it('is refused where a line is not understood, or bytes were cut', () => {
    expect(() => new TraceParser().parse('7 what is this')).toThrow('not understood');
    expect(() => new TraceParser().parse('7 write(5, "\\x61"..., 9) = 9')).toThrow('cut a string');
  });
});

describe('a disk whose power is cut', () => {
  it('loses what was written and not synced, but not what was', () => {
    const lines = [open, ...syncFolder, write('kept', 0), syncFile, write('lost', 4)];
    expect(left(lines, 'a')).toBe('kept');
    expect(left(lines, 'a', ALL_LUCK)).toBe('keptlost');
  });

  it('covers by a sync only what was written before the sync began', () => {
    const lines = [
      ...[open, ...syncFolder, write('one', 0), '8 fsync(5 <unfinished ...>', write('two', 3)],
      '8 <... fsync resumed>)              = 0',
    ];
    expect(left(lines, 'a')).toBe('one');
  });

  it('has done nothing for a sync that has not returned, or has failed', () => {
    expect(left([open, ...syncFolder, write('one', 0), '8 fsync(5 <unfinished ...>'], 'a')).toBe('');
    const failed = '7 fsync(5) = -1 EIO (Input/output error)';
    expect(left([open, ...syncFolder, write('one', 0), failed], 'a')).toBe('');
  });

  it('loses a synced file whose name was not', () => {
    expect(left([open, write('one', 0), syncFile], 'a')).toBeNull();
    expect(left([open, write('one', 0), syncFile, ...syncFolder], 'a')).toBe('one');
  });

  it('has a renamed or deleted file under its old name until the directory is synced', () => {
    const rename = `7 rename(${hex('/disk/a')}, ${hex('/disk/b')}) = 0`;
    const before = [open, ...syncFolder, write('one', 0), syncFile, rename];
    expect([left(before, 'a'), left(before, 'b')]).toEqual(['one', null]);
    rmSync(join(folder, 'a'));
    expect([left([...before, ...syncFolder], 'a'), left([...before, ...syncFolder], 'b')]).toEqual([
      null,
      'one',
    ]);
    const unlink = `7 unlink(${hex('/disk/a')}) = 0`;
    expect(left([open, ...syncFolder, unlink], 'a')).toBe('');
  });

  it('can tear a write, at sectors of the file', () => {
    const text = 'x'.repeat(1024);
    let asked = 0;
    const second: Luck = { keeps: () => ++asked === 2, sectorBytes: 512, names: (count) => count };
    expect(left([open, write(text, 100)], 'a', second)).toBe(`${'\0'.repeat(512)}${'x'.repeat(512)}`);
  });

  it('does not guess: what it has no model for is an error', () => {
    expect(() => left([open, '7 fallocate(5, 0, 0, 4096) = 0'], 'a')).toThrow('not modelled');
    expect(() => left(['7 io_uring_enter(9, 1, 0, 0, NULL, 8) = 1'], 'a')).toThrow('io_uring');
    const mapped = '7 mmap(NULL, 4096, PROT_READ|PROT_WRITE, MAP_SHARED, 5, 0) = 0x7f0000000000';
    expect(() => left([open, mapped], 'a')).toThrow('mapped');
  });
});
