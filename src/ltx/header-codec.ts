import { LtxError } from './errors.ts';
import { HEADER_BYTES, HEADER_OFFSETS, type LtxHeader } from './header.ts';
import { checkHeader } from './header-rules.ts';

/**
 * The 100 bytes of a header.
 * @throws LtxError when the header breaks a rule of the format, or a number does not fit its field
 */
export function encodeHeader(header: LtxHeader): Uint8Array {
  checkRanges(header);
  checkHeader(header);
  const bytes = new Uint8Array(HEADER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setUint32(HEADER_OFFSETS.magic, MAGIC);
  view.setUint32(HEADER_OFFSETS.flags, header.flags);
  view.setUint32(HEADER_OFFSETS.pageSize, header.pageSize);
  view.setUint32(HEADER_OFFSETS.commit, header.commit);
  view.setBigUint64(HEADER_OFFSETS.minTxid, header.minTxid);
  view.setBigUint64(HEADER_OFFSETS.maxTxid, header.maxTxid);
  view.setBigInt64(HEADER_OFFSETS.timestampMs, header.timestampMs);
  view.setBigUint64(HEADER_OFFSETS.preApplyChecksum, header.preApplyChecksum);
  view.setBigInt64(HEADER_OFFSETS.walOffset, header.walOffset);
  view.setBigInt64(HEADER_OFFSETS.walSize, header.walSize);
  view.setUint32(HEADER_OFFSETS.walSalt1, header.walSalt1);
  view.setUint32(HEADER_OFFSETS.walSalt2, header.walSalt2);
  view.setBigUint64(HEADER_OFFSETS.nodeId, header.nodeId);
  return bytes;
}

/**
 * The header that the first 100 of `bytes` spell, every rule of the format checked.
 * @throws LtxError whose offset is that of the field at fault; `LTX_TRUNCATED` below 100 bytes
 */
export function decodeHeader(bytes: Uint8Array): LtxHeader {
  checkMagic(bytes);
  if (bytes.length < HEADER_BYTES) {
    throw new LtxError(
      'LTX_TRUNCATED',
      bytes.length,
      `the header takes ${HEADER_BYTES} bytes, ${bytes.length} are here`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, HEADER_BYTES);
  const header: LtxHeader = {
    flags: view.getUint32(HEADER_OFFSETS.flags),
    pageSize: view.getUint32(HEADER_OFFSETS.pageSize),
    commit: view.getUint32(HEADER_OFFSETS.commit),
    minTxid: view.getBigUint64(HEADER_OFFSETS.minTxid),
    maxTxid: view.getBigUint64(HEADER_OFFSETS.maxTxid),
    timestampMs: view.getBigInt64(HEADER_OFFSETS.timestampMs),
    preApplyChecksum: view.getBigUint64(HEADER_OFFSETS.preApplyChecksum),
    walOffset: view.getBigInt64(HEADER_OFFSETS.walOffset),
    walSize: view.getBigInt64(HEADER_OFFSETS.walSize),
    walSalt1: view.getUint32(HEADER_OFFSETS.walSalt1),
    walSalt2: view.getUint32(HEADER_OFFSETS.walSalt2),
    nodeId: view.getBigUint64(HEADER_OFFSETS.nodeId),
  };
  checkHeader(header);
  checkReserved(bytes);
  return header;
}

const MAGIC = 0x4c54_5831;

/** Judges as much of the magic as is there, so that a foreign file is named as such however short it is. */
function checkMagic(bytes: Uint8Array): void {
  for (let i = 0; i < 4 && i < bytes.length; i++) {
    if (bytes[i] !== ((MAGIC >>> (24 - 8 * i)) & 0xff)) {
      throw new LtxError('LTX_MAGIC', HEADER_OFFSETS.magic, 'the file does not begin with LTX1');
    }
  }
}

function checkReserved(bytes: Uint8Array): void {
  for (let at = HEADER_OFFSETS.reserved; at < HEADER_BYTES; at++) {
    if (bytes[at] !== 0) throw new LtxError('LTX_RESERVED', at, 'a reserved byte of the header is not zero');
  }
}

const U32 = 0xffff_ffff;
const U64 = (1n << 64n) - 1n;
const I64_MIN = -(1n << 63n);
const I64_MAX = (1n << 63n) - 1n;

/** DataView wraps what does not fit; a header that would come back changed is refused instead. */
function checkRanges(header: LtxHeader): void {
  for (const field of ['flags', 'pageSize', 'commit', 'walSalt1', 'walSalt2'] as const) {
    const value = header[field];
    if (!Number.isInteger(value) || value < 0 || value > U32) throw outOfRange(field, value);
  }
  for (const field of ['minTxid', 'maxTxid', 'preApplyChecksum', 'nodeId'] as const) {
    if (header[field] < 0n || header[field] > U64) throw outOfRange(field, header[field]);
  }
  for (const field of ['timestampMs', 'walOffset', 'walSize'] as const) {
    if (header[field] < I64_MIN || header[field] > I64_MAX) throw outOfRange(field, header[field]);
  }
}

function outOfRange(
  field: Exclude<keyof typeof HEADER_OFFSETS, 'magic' | 'reserved'>,
  value: unknown,
): LtxError {
  return new LtxError('LTX_FIELD_RANGE', HEADER_OFFSETS[field], `${field} ${value} does not fit its field`);
}
