import { formatChecksum } from './checksum.ts';
import { LtxError } from './errors.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import { formatTxid } from './txid.ts';

/** What must fit between neighbours: a file's header, and its trailer where that is known. */
export interface LtxEnds {
  header: LtxHeader;
  trailer?: LtxTrailer | undefined;
  /** Its place among the inputs that were given, where that is not its index. */
  input?: number;
}

/**
 * Checks that each file continues the one before it: TXIDs without gap or overlap, one page size, and, where
 * the earlier file's trailer is given, its post-apply checksum as the next one's pre-apply checksum. (The
 * reference does not check the checksums; files of two histories would merge.)
 *
 * @throws LtxError `LTX_NOT_CONTIGUOUS`, `LTX_PAGE_SIZE_CHANGE` or `LTX_CHAIN_CHECKSUM`; `input` is that of the
 *   later file
 */
export function checkContiguous(files: readonly LtxEnds[]): void {
  for (let i = 1; i < files.length; i++) {
    const { header, input = i } = files[i]!;
    checkNeighbours(files[i - 1]!, header, input);
  }
}

function checkNeighbours(previous: LtxEnds, next: LtxHeader, input: number): void {
  const { header, trailer } = previous;
  if (header.maxTxid + 1n !== next.minTxid) {
    const message = `a file from TXID ${formatTxid(next.minTxid)} cannot follow one up to ${formatTxid(header.maxTxid)}`;
    throw new LtxError('LTX_NOT_CONTIGUOUS', 0, message, { input });
  }
  if (header.pageSize !== next.pageSize) {
    const message = `the page size changes from ${header.pageSize} to ${next.pageSize} at TXID ${formatTxid(next.minTxid)}`;
    throw new LtxError('LTX_PAGE_SIZE_CHANGE', 0, message, { input });
  }
  if (trailer !== undefined && trailer.postApplyChecksum !== next.preApplyChecksum) {
    const post = formatChecksum(trailer.postApplyChecksum);
    const message = `pre-apply checksum ${formatChecksum(next.preApplyChecksum)} after post-apply checksum ${post}`;
    throw new LtxError('LTX_CHAIN_CHECKSUM', 0, message, { input });
  }
}
