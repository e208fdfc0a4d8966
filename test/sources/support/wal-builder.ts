/** One frame of a WAL that a test makes up. */
export interface MadeFrame {
  readonly page: number;
  /** Database size in pages when it ends a transaction, else 0. */
  readonly commit: number;
  readonly data: Uint8Array;
}

export interface MadeWal {
  readonly pageSize: number;
  readonly bigEndian: boolean;
  readonly salt1: number;
  readonly salt2: number;
  readonly frames: readonly MadeFrame[];
}

/** A WAL, byte by byte as SQLite's file format says: slow, and read as the specification. */
export function buildWal({ pageSize, bigEndian, salt1, salt2, frames }: MadeWal): Uint8Array {
  const bytes = new Uint8Array(32 + frames.length * (24 + pageSize));
  const view = new DataView(bytes.buffer);
  [bigEndian ? 0x377f0683 : 0x377f0682, 3_007_000, pageSize, 0, salt1, salt2].forEach((word, i) => {
    view.setUint32(i * 4, word);
  });
  let sum: [number, number] = [0, 0];
  const add = (from: number, to: number): void => {
    for (let at = from; at < to; at += 8) {
      const s0 = (sum[0] + view.getUint32(at, !bigEndian) + sum[1]) % 2 ** 32;
      sum = [s0, (sum[1] + view.getUint32(at + 4, !bigEndian) + s0) % 2 ** 32];
    }
  };
  add(0, 24);
  view.setUint32(24, sum[0]);
  view.setUint32(28, sum[1]);
  frames.forEach(({ page, commit, data }, i) => {
    const at = 32 + i * (24 + pageSize);
    [page, commit, salt1, salt2].forEach((word, field) => {
      view.setUint32(at + field * 4, word);
    });
    bytes.set(data, at + 24);
    add(at, at + 8);
    add(at + 24, at + 24 + pageSize);
    view.setUint32(at + 16, sum[0]);
    view.setUint32(at + 20, sum[1]);
  });
  return bytes;
}
