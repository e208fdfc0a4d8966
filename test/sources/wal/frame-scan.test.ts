import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FrameScan, frameBytes, readWalHeader } from '../../../src/sources/wal/index.ts';
import { property } from '../../support/property.ts';
import { Random } from '../../support/random.ts';
import { buildWal, type MadeWal } from '../support/wal-builder.ts';

const made: fc.Arbitrary<MadeWal> = fc
  .record({
    pageSize: fc.constantFrom(512, 1024, 4096, 65_536),
    bigEndian: fc.boolean(),
    salt1: fc.nat(),
    salt2: fc.nat(),
    seed: fc.nat(),
    commits: fc.array(fc.boolean(), { maxLength: 12 }),
  })
  .map(({ seed, commits, ...wal }) => {
    const random = new Random(seed);
    const frames = commits.map((ends) => ({
      page: random.int(1, 9),
      commit: ends ? random.int(1, 9) : 0,
      data: random.page(wal.pageSize),
    }));
    return { ...wal, frames };
  });

/** What a scan of a whole WAL in pieces of `step` frames finds. */
function scanAll(bytes: Uint8Array, step: number) {
  const header = readWalHeader(bytes);
  if (header === null) return null;
  const found: Array<[page: number, frame: number]> = [];
  const scan = new FrameScan(header, { frames: 0, sum: header.sum }, (page, frame) =>
    found.push([page, frame]),
  );
  const length = frameBytes(header.pageSize);
  for (let whole = true; whole; ) {
    const at = 32 + scan.frames * length;
    const count = Math.min(step, Math.floor((bytes.length - at) / length));
    whole = count > 0 && scan.take(bytes.slice(at, at + count * length), count);
  }
  return { frames: scan.frames, committed: scan.committed, found };
}

const committedIn = ({ frames }: MadeWal, count: number) => {
  const last = frames.slice(0, count).findLastIndex(({ commit }) => commit > 0);
  return last < 0 ? null : { frames: last + 1, commit: frames[last]!.commit };
};

describe('a scan of a WAL', () => {
  it('finds every frame, in both byte orders and however it is cut', () => {
    fc.assert(
      fc.property(made, fc.integer({ min: 1, max: 5 }), (wal, step) => {
        const scan = scanAll(buildWal(wal), step);
        expect(scan?.found).toEqual(wal.frames.map(({ page }, i) => [page, i]));
        const committed = committedIn(wal, wal.frames.length);
        expect(scan?.committed ?? null).toEqual(committed && expect.objectContaining(committed));
      }),
      property(200),
    );
  });

  it('ends before the frame in which a bit is wrong, at the last commit before it', () => {
    fc.assert(
      fc.property(made, fc.nat(), fc.nat({ max: 7 }), (wal, place, bit) => {
        fc.pre(wal.frames.length > 0);
        const bytes = buildWal(wal);
        const at = 32 + (place % (bytes.length - 32));
        bytes[at]! ^= 1 << bit;
        const scan = scanAll(bytes, 3);
        const damaged = Math.floor((at - 32) / frameBytes(wal.pageSize));
        expect(scan?.frames).toBe(damaged);
        const committed = committedIn(wal, damaged);
        expect(scan?.committed ?? null).toEqual(committed && expect.objectContaining(committed));
      }),
      property(200),
    );
  });

  it('ends where the frames of a former generation begin, though they are right in themselves', () => {
    fc.assert(
      fc.property(made, made, (newer, older) => {
        fc.pre(newer.pageSize === older.pageSize && newer.salt1 !== older.salt1);
        const bytes = buildWal(older);
        const over = buildWal(newer);
        const mixed = new Uint8Array(Math.max(bytes.length, over.length));
        mixed.set(bytes);
        mixed.set(over);
        expect(scanAll(mixed, 4)?.frames).toBe(newer.frames.length);
      }),
      property(100),
    );
  });

  it('goes on from any frame as if it had begun before', () => {
    fc.assert(
      fc.property(made, fc.nat(), (wal, cut) => {
        const bytes = buildWal(wal);
        const header = readWalHeader(bytes)!;
        const first = cut % (wal.frames.length + 1);
        const length = frameBytes(wal.pageSize);
        const before = new FrameScan(header, { frames: 0, sum: header.sum }, () => {});
        before.take(bytes.slice(32), first);
        // The sum of the last frame stands in its header.
        const at = 32 + (first - 1) * length;
        const view = new DataView(bytes.buffer);
        const sum = first === 0 ? header.sum : { s0: view.getUint32(at + 16), s1: view.getUint32(at + 20) };
        const scan = new FrameScan(header, { frames: first, sum }, () => {});
        expect(scan.take(bytes.slice(32 + first * length), wal.frames.length - first)).toBe(true);
        expect(scan.frames).toBe(wal.frames.length);
      }),
      property(100),
    );
  });
});

describe('the header of a WAL', () => {
  it('is not read when a bit of it is wrong, or it is cut', () => {
    fc.assert(
      fc.property(made, fc.nat({ max: 31 }), fc.nat({ max: 7 }), (wal, at, bit) => {
        const bytes = buildWal({ ...wal, frames: [] });
        expect(readWalHeader(bytes)).toMatchObject({ pageSize: wal.pageSize, salt1: wal.salt1 });
        expect(readWalHeader(bytes.subarray(0, at))).toBeNull();
        bytes[at]! ^= 1 << bit;
        expect(readWalHeader(bytes)).toBeNull();
      }),
      property(200),
    );
  });
});
