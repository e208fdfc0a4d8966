import { formatChecksum } from './checksum.ts';
import { LtxDecoder } from './decoder.ts';
import type { LtxHeader, LtxTrailer } from './header.ts';
import { formatTxid } from './txid.ts';

/**
 * A file in words and numbers, as `lfsb ltx dump --json` prints it: TXIDs, checksums and node ids are 16 hex
 * digits, 64-bit numbers decimal strings.
 */
export interface LtxDescription {
  header: {
    flags: number;
    pageSize: number;
    commit: number;
    minTxid: string;
    maxTxid: string;
    timestampMs: string;
    preApplyChecksum: string;
    walOffset: string;
    walSize: string;
    walSalt1: number;
    walSalt2: number;
    nodeId: string;
  };
  /** Ranges of page numbers, both ends included. */
  pages: [number, number][];
  pageCount: number;
  /** Bytes of the page block, uncompressed, with its end marker. */
  pageBlockBytes: number;
  trailer: { postApplyChecksum: string; fileChecksum: string };
}

/** Gathers page numbers as ranges: the page index of a snapshot is one of them. */
export class PageRanges {
  readonly ranges: [number, number][] = [];

  /** Adds page numbers, which rise from call to call. */
  add(pageNumbers: Iterable<number>): void {
    let last = this.ranges.at(-1);
    for (const pageNumber of pageNumbers) {
      if (last !== undefined && last[1] === pageNumber - 1) {
        last[1] = pageNumber;
      } else {
        last = [pageNumber, pageNumber];
        this.ranges.push(last);
      }
    }
  }
}

/**
 * Decodes a file and describes it.
 * @throws LtxError
 */
export function describeLtx(chunks: Iterable<Uint8Array>): LtxDescription {
  const ranges = new PageRanges();
  const decoder = new LtxDecoder({ pages: (batch) => ranges.add(batch.pageNumbers) });
  for (const chunk of chunks) decoder.write(chunk);
  const trailer = decoder.end();
  return describeDecoded(decoder, trailer, ranges);
}

/** Describes a file whose decode is complete: `trailer` is what the decoder's `end()` returned. */
export function describeDecoded(
  decoder: LtxDecoder,
  trailer: LtxTrailer,
  ranges: PageRanges,
): LtxDescription {
  return {
    header: describeHeader(decoder.header!),
    pages: ranges.ranges,
    pageCount: decoder.pageCount,
    pageBlockBytes: decoder.pageBlockBytes,
    trailer: {
      postApplyChecksum: formatChecksum(trailer.postApplyChecksum),
      fileChecksum: formatChecksum(trailer.fileChecksum),
    },
  };
}

function describeHeader(header: LtxHeader): LtxDescription['header'] {
  return {
    flags: header.flags,
    pageSize: header.pageSize,
    commit: header.commit,
    minTxid: formatTxid(header.minTxid),
    maxTxid: formatTxid(header.maxTxid),
    timestampMs: header.timestampMs.toString(),
    preApplyChecksum: formatChecksum(header.preApplyChecksum),
    walOffset: header.walOffset.toString(),
    walSize: header.walSize.toString(),
    walSalt1: header.walSalt1,
    walSalt2: header.walSalt2,
    nodeId: formatTxid(header.nodeId),
  };
}
