import { CHECKSUM_FLAG } from './checksum.ts';
import { advanceDifference } from './crc64-advance.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import { encodeHeader } from './header-codec.ts';
import { kernels } from './kernels/index.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';
import { encodeTrailer } from './trailer.ts';

const POST_APPLY_BYTES = 8;

/** A whole LTX file apart from its page block. */
export interface LtxOutline {
  readonly header: LtxHeader;
  readonly trailer: LtxTrailer;
  /** Pages in the page block. */
  readonly pages: number;
}

/** What to write over the first and the last bytes of a file to give it another header. */
export interface Relabelled {
  readonly trailer: LtxTrailer;
  readonly headerBytes: Uint8Array;
  readonly trailerBytes: Uint8Array;
}

/**
 * Gives a file another header and its trailer the file checksum that goes with it, without reading the page
 * block, which stays as it is. Whether the pages fit the header (a snapshot's completeness, the commit) is for
 * the caller to know.
 * @throws LtxError when the header breaks a rule of the format
 */
export function relabel({ header: before, trailer, pages }: LtxOutline, header: LtxHeader): Relabelled {
  if (header.pageSize !== before.pageSize || header.flags !== before.flags) {
    throw new Error('another page size or framing needs another page block');
  }
  const headerBytes = encodeHeader(header);
  const content = BigInt(pages) * BigInt(header.pageSize + PAGE_NUMBER_BYTES) + BigInt(PAGE_NUMBER_BYTES);
  const difference = crcOf(encodeHeader(before)) ^ crcOf(headerBytes);
  const change = advanceDifference(difference, content + BigInt(POST_APPLY_BYTES));
  const relabelled = { ...trailer, fileChecksum: CHECKSUM_FLAG | (trailer.fileChecksum ^ change) };
  return { trailer: relabelled, headerBytes, trailerBytes: encodeTrailer(relabelled) };
}

function crcOf(bytes: Uint8Array): bigint {
  const shared = kernels();
  shared.ensure(bytes.length);
  shared.memory.set(bytes, 0);
  return shared.crc64(0n, 0, bytes.length);
}
