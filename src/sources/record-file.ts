import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { z } from 'zod';
import {
  CHECKSUM_FLAG,
  formatChecksum,
  formatTxid,
  pageChecksum,
  parseChecksum,
  parseTxid,
} from '../ltx/index.ts';
import type { SourceRecord } from './decisions/index.ts';

/** Bytes of the file: one sector, written at once. */
const RECORD_BYTES = 512;

const u32 = z.number().int().min(0).max(0xffff_ffff);
const digits = z.string().regex(/^\d{1,24}$/);
const schema = z.strictObject({
  version: z.literal(1),
  txid: z.string(),
  checksum: z.string(),
  pageSize: u32,
  salts: z.tuple([u32, u32]),
  frames: z.number().int().min(0),
  sums: z.tuple([u32, u32]),
  file: z.tuple([digits, digits, digits, digits]),
});

/**
 * Keeps where the WAL of a database stood when its newest transaction was stored. It is worth a comparison of the
 * whole database, no more: a record that is missing, torn or older than the position is not used. So it is written
 * in place, and never forced to disk.
 */
export class RecordFile {
  readonly #path: string;
  #fd: number | null = null;

  constructor(path: string) {
    this.#path = path;
  }

  /** What was written last; null when that is not there, or not whole. */
  read(): SourceRecord | null {
    const bytes = Buffer.alloc(RECORD_BYTES);
    readSync(this.#open(), bytes, 0, RECORD_BYTES, 0);
    const [text = '', sum = ''] = bytes.toString('latin1').split('\n');
    return sum === sumOf(text) ? parse(text) : null;
  }

  write(record: SourceRecord): void {
    const text = format(record);
    const bytes = Buffer.alloc(RECORD_BYTES, `${text}\n${sumOf(text)}\n`.padEnd(RECORD_BYTES), 'latin1');
    writeSync(this.#open(), bytes, 0, RECORD_BYTES, 0);
  }

  close(): void {
    if (this.#fd !== null) closeSync(this.#fd);
    this.#fd = null;
  }

  #open(): number {
    this.#fd ??= openSync(this.#path, constants.O_RDWR | constants.O_CREAT, 0o600);
    return this.#fd;
  }
}

const sumOf = (text: string): string =>
  formatChecksum(CHECKSUM_FLAG | pageChecksum(0, Buffer.from(text, 'latin1')));

function format({ pos, pageSize, generation, frames, sum, file }: SourceRecord): string {
  return JSON.stringify({
    version: 1,
    txid: formatTxid(pos.txid),
    checksum: formatChecksum(pos.checksum),
    pageSize,
    salts: [generation.salt1, generation.salt2],
    frames,
    sums: [sum.s0, sum.s1],
    file: [`${file.device}`, `${file.inode}`, `${file.sizeBytes}`, `${file.writtenNs}`],
  } satisfies z.input<typeof schema>);
}

function parse(text: string): SourceRecord | null {
  const read = schema.safeParse(JSON.parse(text));
  if (!read.success) return null;
  const { txid, checksum, pageSize, salts, frames, sums, file } = read.data;
  const pos = { txid: parseTxid(txid), checksum: parseChecksum(checksum) };
  if (pos.txid === undefined || pos.checksum === undefined) return null;
  const [device, inode, sizeBytes, writtenNs] = file.map(BigInt) as [bigint, bigint, bigint, bigint];
  return {
    pos: { txid: pos.txid, checksum: pos.checksum },
    pageSize,
    generation: { salt1: salts[0], salt2: salts[1] },
    frames,
    sum: { s0: sums[0], s1: sums[1] },
    file: { device, inode, sizeBytes, writtenNs },
  };
}
