/** Bytes of an encoded header. */
export const HEADER_BYTES = 100;

/** Flag bit 0: the page block is an LZ4 frame. No other bit is valid in this layout. */
export const FLAG_COMPRESSED = 1;

/** Where each field of a header is, in bytes from the start of the file. */
export const HEADER_OFFSETS = {
  magic: 0,
  flags: 4,
  pageSize: 8,
  commit: 12,
  minTxid: 16,
  maxTxid: 24,
  timestampMs: 32,
  preApplyChecksum: 40,
  walOffset: 48,
  walSize: 56,
  walSalt1: 64,
  walSalt2: 68,
  nodeId: 72,
  reserved: 80,
} as const;

/** What the first 100 bytes of an LTX file say. */
export interface LtxHeader {
  /** 0, or 1 when the page block is an LZ4 frame. */
  flags: number;
  /** Bytes in a page: a power of two, 512 to 65536. */
  pageSize: number;
  /** Pages in the database after this file; 0 when it was deleted. */
  commit: number;
  /** At least 1; exactly 1 on a snapshot. */
  minTxid: bigint;
  maxTxid: bigint;
  /** Milliseconds since the epoch; signed, and possibly beyond what a Date holds. */
  timestampMs: bigint;
  /** The database checksum before this file; 0 on a snapshot. */
  preApplyChecksum: bigint;
  /** Where in the WAL the transaction began; 0 when it did not come from a WAL. */
  walOffset: bigint;
  /** Bytes of WAL that the transaction took. */
  walSize: bigint;
  walSalt1: number;
  walSalt2: number;
  /** The LiteFS node that wrote the file; 0 when unknown or merged. */
  nodeId: bigint;
}

/** The last 16 bytes of an LTX file. */
export interface LtxTrailer {
  /** The database checksum after this file. */
  postApplyChecksum: bigint;
  /** The checksum of the file, its page block taken uncompressed. */
  fileChecksum: bigint;
}

/** Whether the file holds a whole database: those and only those begin at TXID 1. */
export function isSnapshot(header: LtxHeader): boolean {
  return header.minTxid === 1n;
}

/** Whether the page block is an LZ4 frame. */
export function isCompressed(header: LtxHeader): boolean {
  return (header.flags & FLAG_COMPRESSED) !== 0;
}

/** Whether the file says that the database was deleted. */
export function isDeletion(header: LtxHeader): boolean {
  return header.commit === 0;
}
