import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { unknownDatabase } from '../../src/commands/database-state.ts';
import { LtxDecoder } from '../../src/ltx/index.ts';
import { readBatch } from '../../src/sources/batch.ts';
import { Changes } from '../../src/sources/changes.ts';
import { MainFile, WalFile } from '../../src/sources/database-files.ts';
import { Overlay } from '../../src/sources/overlay.ts';
import { FrameScan, frameBytes, type WalHeader } from '../../src/sources/wal/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { buildWal, type MadeFrame } from './support/wal-builder.ts';

const PAGE_SIZE = 512;
const page = (fill: number): Uint8Array => new Uint8Array(PAGE_SIZE).fill(fill);
const frame = (number: number, fill: number, commit = 0): MadeFrame => ({
  ...{ page: number, commit, data: page(fill) },
});

/** A main file of five pages filled with 100 and their number, and a WAL. */
function files(frames: readonly MadeFrame[]) {
  const path = join(tempDir(), 'app.db');
  writeFileSync(path, Buffer.concat([1, 2, 3, 4, 5].map((number) => page(100 + number))));
  writeFileSync(
    `${path}-wal`,
    buildWal({ ...{ pageSize: PAGE_SIZE, bigEndian: false, salt1: 1, salt2: 2 }, frames }),
  );
  return { main: new MainFile(path), wal: new WalFile(`${path}-wal`) };
}

/** Where a scan of the first frames ends. */
function placeAfter(wal: WalFile, header: WalHeader, frames: number) {
  const scan = new FrameScan(header, { frames: 0, sum: header.sum }, () => {});
  expect(wal.scan(scan, PAGE_SIZE, frames)).toBe(true);
  return scan.committed!;
}

describe('transactions of a WAL that SQLite may write but never did here', () => {
  it('that grow a database by pages not in them take those from earlier frames, or else from the main file', () => {
    const made = [frame(1, 1), frame(4, 4), frame(3, 3, 4), frame(1, 2, 2), frame(2, 9, 6)];
    const { main, wal } = files(made);
    const header = wal.header()!;
    const batch = readBatch(wal, header, placeAfter(wal, header, 4), 5)!;
    const checksum = 1n << 63n;
    const state = {
      ...unknownDatabase('agent', 'app.db'),
      ...{ pos: { txid: 2n, checksum }, pageSize: PAGE_SIZE, commit: 2, incarnation: 1 },
    };
    const changes = new Changes({ main, wal }, { state, sumOf: () => 0n }, batch, 0);
    const found: Array<[page: number, fill: number | undefined]> = [];
    const decoder = new LtxDecoder({
      pages: (each) => {
        for (let i = 0; i < each.count; i++) found.push([each.pageNumbers[i]!, each.page(i)[7]]);
      },
    });
    for (const piece of changes.pieces) if (piece !== null) decoder.write(piece);
    expect(decoder.end().postApplyChecksum).toBe(changes.pos.checksum);
    // 3 and 4 were dropped and are back, 5 only the main file has, and 6 nobody ever wrote.
    expect(found).toEqual([
      [2, 9],
      [3, 3],
      [4, 4],
      [5, 105],
      [6, 0],
    ]);
  });

  it('too many for one batch are cut where one of them ends', () => {
    const made = Array.from({ length: 1_500 }, (_, i) => frame(1 + (i % 5), i % 250, i % 3 === 2 ? 5 : 0));
    const { wal } = files(made);
    const header = wal.header()!;
    const first = readBatch(wal, header, { frames: 0, sum: header.sum }, 1_500, 100)!;
    expect(first.isAll).toBe(false);
    expect(first.to.frames % 3).toBe(0);
    const rest = readBatch(wal, header, first.to, 1_500)!;
    expect([rest.isAll, rest.to.frames]).toEqual([true, 1_500]);
  });

  it('too large for one batch are not followed', () => {
    const made = Array.from({ length: 600 }, (_, i) => frame(1 + i, 1, i === 599 ? 600 : 0));
    const { wal } = files(made);
    const header = wal.header()!;
    expect(() => readBatch(wal, header, { frames: 0, sum: header.sum }, 600, 100)).toThrow('too large');
  });
});

describe('the pages of a WAL that lie over the main file', () => {
  it('are found window by window', () => {
    const made = [frame(2, 1), frame(9, 2, 9), frame(2, 3), frame(7, 4, 9), frame(8, 5, 9)];
    const { wal } = files(made);
    const overlay = new Overlay(wal, wal.header()!, 4, 3);
    const frames = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((number) => overlay.frameOf(number));
    expect(frames).toEqual([-1, 2, -1, -1, -1, -1, 3, -1, 1]);
    expect(overlay.end).toMatchObject({ frames: 4, commit: 9 });
  });

  it('are not taken where a frame is damaged', () => {
    const path = join(tempDir(), 'app.db-wal');
    const bytes = buildWal({
      ...{ pageSize: PAGE_SIZE, bigEndian: true, salt1: 1, salt2: 2 },
      frames: [frame(1, 1, 1), frame(1, 2, 1)],
    });
    bytes[32 + frameBytes(PAGE_SIZE) + 100]! ^= 1;
    writeFileSync(path, bytes);
    const wal = new WalFile(path);
    expect(() => new Overlay(wal, wal.header()!, 2)).toThrow('damaged in frame 2');
  });
});
