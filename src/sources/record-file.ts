import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import {
  CHECKSUM_FLAG,
  formatChecksum,
  formatPos,
  pageChecksum,
  parseChecksum,
  parseTxid,
} from '../ltx/index.ts';
import type { SourceRecord } from './decisions/index.ts';

/** Bytes of the file: one sector, written at once. */
const RECORD_BYTES = 512;

/** What the fields of a record are, in their order. */
const FORMAT = 'lfsb.wal-position.v1';
const FIELDS = new RegExp(
  `^${FORMAT} txid=([0-9a-f]{16})/([0-9a-f]{16}) page=(\\d+) salts=(\\d+),(\\d+) frames=(\\d+) sums=(\\d+),(\\d+) file=(\\d+),(\\d+),(\\d+),(\\d+)$`,
);

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
  const salts = `${generation.salt1},${generation.salt2}`;
  const { device, inode, sizeBytes, writtenNs } = file;
  const where = `page=${pageSize} salts=${salts} frames=${frames} sums=${sum.s0},${sum.s1}`;
  return `${FORMAT} txid=${formatPos(pos)} ${where} file=${device},${inode},${sizeBytes},${writtenNs}`;
}

function parse(text: string): SourceRecord | null {
  const fields = FIELDS.exec(text);
  if (fields === null) return null;
  const field = (index: number): string => fields[index] ?? '';
  const [txid, checksum] = [parseTxid(field(1)), parseChecksum(field(2))];
  if (txid === undefined || checksum === undefined) return null;
  return {
    pos: { txid, checksum },
    pageSize: Number(field(3)),
    generation: { salt1: Number(field(4)), salt2: Number(field(5)) },
    frames: Number(field(6)),
    sum: { s0: Number(field(7)), s1: Number(field(8)) },
    file: {
      device: BigInt(field(9)),
      inode: BigInt(field(10)),
      sizeBytes: BigInt(field(11)),
      writtenNs: BigInt(field(12)),
    },
  };
}
