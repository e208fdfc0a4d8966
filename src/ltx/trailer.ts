import { type Checksum, EMPTY_CHECKSUM, formatChecksum, isFlagged } from './checksum.ts';
import { LtxError } from './errors.ts';
import { isDeletion, type LtxHeader, type LtxTrailer } from './header.ts';

/** Bytes of a trailer. */
export const TRAILER_BYTES = 16;

/**
 * Checks a post-apply checksum: flagged, that of an empty database on a deletion, that of the pages on a
 * snapshot.
 * @param pages the checksum of a snapshot's pages; undefined for any other file
 * @param offset byte offset of the trailer
 * @throws LtxError `LTX_POST_APPLY`
 */
export function checkPostApply(
  header: LtxHeader,
  postApply: Checksum,
  pages: Checksum | undefined,
  offset: number,
): void {
  const expected = isDeletion(header) ? EMPTY_CHECKSUM : pages;
  if (expected !== undefined && postApply !== expected) {
    const message = `post-apply checksum ${formatChecksum(postApply)}, the content has ${formatChecksum(expected)}`;
    throw new LtxError('LTX_POST_APPLY', offset, message);
  }
  if (!isFlagged(postApply)) {
    throw new LtxError(
      'LTX_POST_APPLY',
      offset,
      `post-apply checksum ${formatChecksum(postApply)} lacks bit 63`,
    );
  }
}

/** The 16 bytes of a trailer. */
export function encodeTrailer(trailer: LtxTrailer): Uint8Array {
  const bytes = new Uint8Array(TRAILER_BYTES);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, trailer.postApplyChecksum);
  view.setBigUint64(8, trailer.fileChecksum);
  return bytes;
}

/** The trailer that 16 bytes spell, unchecked. */
export function readTrailer(bytes: Uint8Array): LtxTrailer {
  const view = new DataView(bytes.buffer, bytes.byteOffset, TRAILER_BYTES);
  return { postApplyChecksum: view.getBigUint64(0), fileChecksum: view.getBigUint64(8) };
}
