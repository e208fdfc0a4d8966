import { formatChecksum, isFlagged } from './checksum.ts';
import { LtxError, type LtxErrorCode } from './errors.ts';
import { FLAG_COMPRESSED, HEADER_OFFSETS, isSnapshot, type LtxHeader } from './header.ts';
import { isPageSize } from './page-size.ts';
import { formatTxid } from './txid.ts';

/** `HeaderFlagNoChecksum` of ltx 0.5, whose page headers have 6 bytes. No file of our layout has it. */
const FLAG_OF_LATER_LAYOUT = 1 << 1;

/**
 * Checks the rules among a header's fields.
 * @throws LtxError whose offset is that of the field at fault
 */
export function checkHeader(header: LtxHeader): void {
  checkFlags(header.flags);
  if (!isPageSize(header.pageSize)) {
    throw at(
      'LTX_PAGE_SIZE',
      'pageSize',
      `page size ${header.pageSize} is not a power of two from 512 to 65536`,
    );
  }
  checkTxids(header);
  checkPreApply(header);
  checkWal(header);
}

function checkFlags(flags: number): void {
  if (flags === FLAG_OF_LATER_LAYOUT) {
    throw at(
      'LTX_LATER_LAYOUT',
      'flags',
      'the file is of the later ltx 0.5 layout: it has the no-checksum flag',
    );
  }
  if ((flags & ~FLAG_COMPRESSED) !== 0) {
    throw at('LTX_FLAGS', 'flags', `flags 0x${flags.toString(16)} are not known`);
  }
}

function checkTxids({ minTxid, maxTxid }: LtxHeader): void {
  if (minTxid === 0n) throw at('LTX_TXID', 'minTxid', 'min TXID is zero');
  if (maxTxid < minTxid) {
    throw at('LTX_TXID', 'maxTxid', `max TXID ${formatTxid(maxTxid)} is below min ${formatTxid(minTxid)}`);
  }
}

function checkPreApply(header: LtxHeader): void {
  const { preApplyChecksum } = header;
  if (isSnapshot(header)) {
    if (preApplyChecksum !== 0n)
      throw at('LTX_PRE_APPLY', 'preApplyChecksum', 'a snapshot has a pre-apply checksum');
  } else if (!isFlagged(preApplyChecksum)) {
    const shown = formatChecksum(preApplyChecksum);
    throw at('LTX_PRE_APPLY', 'preApplyChecksum', `pre-apply checksum ${shown} lacks bit 63`);
  }
}

function checkWal({ walOffset, walSize, walSalt1, walSalt2 }: LtxHeader): void {
  if (walOffset < 0n) throw at('LTX_WAL', 'walOffset', 'the WAL offset is negative');
  if (walSize < 0n) throw at('LTX_WAL', 'walSize', 'the WAL size is negative');
  if ((walOffset === 0n) !== (walSize === 0n)) {
    throw at('LTX_WAL', walOffset === 0n ? 'walOffset' : 'walSize', 'WAL offset and size go together');
  }
  if (walOffset === 0n && (walSalt1 !== 0 || walSalt2 !== 0)) {
    throw at('LTX_WAL', walSalt1 !== 0 ? 'walSalt1' : 'walSalt2', 'a WAL salt needs a WAL offset and size');
  }
}

function at(code: LtxErrorCode, field: keyof typeof HEADER_OFFSETS, message: string): LtxError {
  return new LtxError(code, HEADER_OFFSETS[field], message);
}
