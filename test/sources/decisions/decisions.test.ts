import { describe, expect, it } from 'vitest';
import {
  CHECKPOINT_RETRY_MS,
  decideChange,
  decideFollow,
  decideResume,
  isCheckpointDue,
  isInTheWay,
  isSameEnd,
  type ResumeContext,
  type SourceRecord,
} from '../../../src/sources/decisions/index.ts';
import type { FrameHeader, WalHeader } from '../../../src/sources/wal/index.ts';

const file = { device: 1n, inode: 2n, sizeBytes: 8_192n, writtenNs: 5n };
const pos = { txid: 7n, checksum: 1n << 63n };
const header = (salt1: number, salt2 = 5): WalHeader => ({
  ...{ salt1, salt2, bigEndian: false, pageSize: 4096, sequence: 0 },
  sum: { s0: 1, s1: 2 },
});
const frame = (salt1: number, sum = { s0: 8, s1: 9 }): FrameHeader => ({
  ...{ page: 3, commit: 4, salt1, salt2: 5 },
  sum,
});
const record: SourceRecord = {
  ...{ pos, pageSize: 4096, generation: { salt1: 10, salt2: 5 }, file },
  ...{ frames: 6, sum: { s0: 8, s1: 9 } },
};
const context: ResumeContext = {
  ...{ record, pos, file, header: header(10), frames: 6 },
  ...{ lastFrame: frame(10), nextFrame: null },
};
const resume = (changes: Partial<ResumeContext>) => decideResume({ ...context, ...changes });

describe('after a stop', () => {
  const goesOn = { kind: 'continue', from: { frames: 6, sum: { s0: 8, s1: 9 } } };

  it.each<[what: string, changes: Partial<ResumeContext>]>([
    ['nothing was written', {}],
    ['the WAL was appended to', { frames: 9, nextFrame: frame(10) }],
  ])('goes on from the record when %s', (_, changes) => expect(resume(changes)).toEqual(goesOn));

  it('starts at the first frame when the WAL was begun anew and all it held was read', () => {
    expect(resume({ header: header(11, 99), frames: 2 })).toEqual({ kind: 'start' });
    const older = { header: header(11, 99), frames: 2, nextFrame: frame(9) };
    expect(resume(older)).toEqual({ kind: 'start' });
  });

  it.each<[what: string, changes: Partial<ResumeContext>]>([
    ['nothing is stored', { pos: null }],
    ['nothing was recorded', { record: null }],
    ['another position is stored', { pos: { ...pos, txid: 8n } }],
    ['another content is stored', { pos: { ...pos, checksum: (1n << 63n) + 1n } }],
    ['the file is another', { file: { ...file, inode: 3n } }],
    ['the file is on another device', { file: { ...file, device: 3n } }],
    ['the file was written to', { file: { ...file, writtenNs: 6n } }],
    ['the file has another size', { file: { ...file, sizeBytes: 4096n } }],
    ['the WAL is gone', { header: null }],
    ['the pages have another size', { header: { ...header(10), pageSize: 512 } }],
    ['the last frame is not there', { lastFrame: null }],
    ['the last frame is another', { lastFrame: frame(10, { s0: 8, s1: 7 }) }],
    ['the last frame is not committed any more', { frames: 5 }],
    ['the WAL was begun anew twice', { header: header(12) }],
    ['the WAL was begun anew and its last frame overwritten', { header: header(11), lastFrame: frame(11) }],
    ['the WAL was begun anew and had gone on before', { header: header(11), nextFrame: frame(10) }],
  ])('compares the whole database when %s', (_, changes) => expect(resume(changes).kind).toBe('compare'));

  it('needs no frame to go on from the start of a WAL', () => {
    const atStart = { record: { ...record, frames: 0, sum: header(10).sum }, lastFrame: null };
    expect(resume({ ...atStart, frames: 3 })).toMatchObject({ kind: 'continue', from: { frames: 0 } });
  });
});

describe('a WAL that is followed', () => {
  const cursor = { generation: header(10), frames: 6, sum: { s0: 8, s1: 9 }, settled: true };

  it('is the same as long as its salts are', () => {
    expect(decideFollow(cursor, header(10)).kind).toBe('same');
    expect(decideFollow({ ...cursor, settled: false }, header(10)).kind).toBe('same');
    expect(decideFollow(cursor, null).kind).toBe('same');
  });

  it('is followed from its start when it was begun anew after all of it was read', () => {
    const started = { generation: header(11), frames: 0, sum: { s0: 1, s1: 2 }, settled: false };
    expect(decideFollow(cursor, header(11))).toEqual({ kind: 'restarted', cursor: started });
    const wrapped = { ...cursor, generation: header(0xffff_ffff) };
    expect(decideFollow(wrapped, header(0)).kind).toBe('restarted');
    expect(decideFollow({ ...cursor, generation: null }, header(77)).kind).toBe('restarted');
  });

  it('is lost when it was not read to its end, or begun anew more than once', () => {
    expect(decideFollow({ ...cursor, settled: false }, header(11)).kind).toBe('lost');
    expect(decideFollow(cursor, header(12)).kind).toBe('lost');
    expect(decideFollow(cursor, header(10, 6)).kind).toBe('lost');
  });
});

describe('a checkpoint', () => {
  const options = { framesMin: 1_000, intervalMs: 60_000 };
  const quiet = { frames: 10, backfilled: 0, nowMs: 100_000, changedMs: 40_000, unfinished: null };
  const busy = { ...quiet, frames: 1_000, changedMs: 100_000 };

  it.each([
    ['the WAL holds 1,000 pages', busy, true],
    ['it holds fewer, and changed just now', { ...quiet, changedMs: 40_001 }, false],
    ['it holds fewer, and has not changed for a minute', quiet, true],
    ['all of it is in the main file', { ...busy, backfilled: 1_000 }, false],
    ['there is nothing in it', { ...quiet, frames: 0 }, false],
    [
      'the last one was kept from its end just now',
      { ...busy, unfinished: { atMs: 99_999, frames: 900 } },
      false,
    ],
    [
      'that was a while ago',
      { ...busy, unfinished: { atMs: 100_000 - CHECKPOINT_RETRY_MS, frames: 900 } },
      true,
    ],
    ['the WAL doubled since', { ...busy, frames: 1_900, unfinished: { atMs: 99_999, frames: 900 } }, true],
  ])('when %s', (_, given, due) => expect(isCheckpointDue(given, options)).toBe(due));
});

describe('a reader that is held', () => {
  const at = (salt1: number, frames: number, backfilled: number) => ({
    header: header(salt1),
    frames,
    backfilled,
  });
  const none = { header: null, frames: 0, backfilled: 0 };

  it.each([
    ['there is more than it sees', at(10, 6, 0), at(10, 9, 0)],
    ['it keeps what it sees from being begun anew', at(10, 6, 2), at(10, 6, 6)],
    ['it reads the main file, and the WAL was begun anew', at(10, 6, 6), at(11, 2, 0)],
    ['that WAL is as long as the one before', at(10, 6, 6), at(11, 6, 0)],
    ['that WAL is as long, and copied', at(10, 6, 6), at(11, 6, 6)],
    ['recovery forgot that all was copied', at(10, 6, 6), at(10, 6, 0)],
    ['it was taken when there was no WAL', none, at(10, 6, 0)],
  ])('is in the way when %s', (_, taken, now) => expect(isInTheWay(taken, now)).toBe(true));

  it.each([
    ['nothing came', at(10, 6, 0), at(10, 6, 0)],
    ['some of what it sees was copied', at(10, 6, 0), at(10, 6, 3)],
    ['all of it was copied before it was taken', at(10, 6, 6), at(10, 6, 6)],
    ['the WAL is empty', at(10, 6, 6), none],
    ['the WAL is begun anew, and nothing committed', at(10, 6, 6), at(11, 0, 0)],
  ])('is not when %s', (_, taken, now) => expect(isInTheWay(taken, now)).toBe(false));

  it('sees the end of a WAL move when the next is as long, too', () => {
    expect(isSameEnd(at(10, 6, 0), at(10, 6, 6))).toBe(true);
    expect(isSameEnd(at(10, 6, 0), at(11, 6, 0))).toBe(false);
    expect(isSameEnd(at(10, 6, 0), at(10, 7, 0))).toBe(false);
    expect(isSameEnd(none, at(10, 0, 0))).toBe(false);
    expect(isSameEnd(none, none)).toBe(true);
  });
});

describe('a look at the files', () => {
  const wal = { ...file, inode: 8n };
  const opened = { file, wal, pageSize: 4096, journalMode: 'wal' as const };
  const look = { file, wal, main: { pageSize: 4096, journalMode: 'wal' as const } };

  it('finds nothing changed when only content did', () => {
    const written = { ...file, writtenNs: 99n, sizeBytes: 4096n };
    expect(decideChange(opened, { ...look, file: written }).kind).toBe('none');
  });

  it('finds nothing changed where page 1 said so before: what counts is in the WAL', () => {
    const main = { pageSize: 4096, journalMode: 'rollback' as const };
    expect(decideChange({ ...opened, ...main }, { ...look, main }).kind).toBe('none');
  });

  it.each([
    ['the file is gone', { ...look, file: null }, 'missing'],
    ['the file is another', { ...look, file: { ...file, inode: 9n } }, 'reopen'],
    ['the file is no database', { ...look, main: null }, 'reopen'],
    ['the page size is another', { ...look, main: { ...look.main, pageSize: 512 } }, 'reopen'],
    [
      'the journal mode is another',
      { ...look, main: { pageSize: 4096, journalMode: 'rollback' as const } },
      'reopen',
    ],
    ['the WAL vanished', { ...look, wal: null }, 'reopen'],
    ['the WAL is another', { ...look, wal: { ...wal, inode: 9n } }, 'reopen'],
  ])('finds that %s', (_, given, kind) => expect(decideChange(opened, given).kind).toBe(kind));
});
