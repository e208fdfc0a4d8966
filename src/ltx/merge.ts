import { EMPTY_CHECKSUM } from './checksum.ts';
import { LtxEncoder } from './encoder.ts';
import { LtxError } from './errors.ts';
import { FLAG_COMPRESSED, isSnapshot, type LtxHeader } from './header.ts';
import { LentPieces } from './lent-pieces.ts';
import { PageCoverage } from './page-coverage.ts';
import { type MergedFiles, PageMerge, type TakePages } from './page-merge.ts';
import { PAGE_NUMBER_BYTES } from './page-size.ts';

export interface MergeOptions {
  /** Whether the output's page block is compressed. */
  compress: boolean;
  /**
   * The first input is a snapshot or follows a deletion, so that the output holds a whole database: it is
   * written as a snapshot, min TXID 1 and no pre-apply checksum.
   */
  asSnapshot?: boolean;
  /** The output's timestamp, ms since the epoch; the last input's when left out. */
  timestampMs?: bigint;
  /** The pieces are valid until the next one is asked for: whoever copies them anyway saves the memory. */
  lend?: boolean;
}

/**
 * Merges contiguous files into one (compaction), as `docs/ltx.md` says: for each page the latest input wins,
 * pages above the final commit are dropped, node id and WAL fields become zero. Streams; memory is a few blocks
 * an input. Every input is verified to its end, and so is the chain of their checksums, before the trailer is
 * yielded: output without a trailer is of no use to any reader.
 *
 * @param sources at most `MERGE_INPUTS_MAX` files, sorted by TXID here
 * @throws LtxError while iterating, with `input` where one of them is at fault; or what a source throws
 */
export async function* mergeLtx(
  sources: readonly AsyncIterable<Uint8Array>[],
  options: MergeOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const merge = await PageMerge.open(sources);
  try {
    const pieces = new LentPieces();
    const lend = options.lend === true;
    let chunks: Uint8Array[] = [];
    const emit = (chunk: Uint8Array): void => {
      chunks.push(lend ? pieces.copy(chunk) : chunk);
    };
    const encoder = new LtxEncoder(mergedHeader(merge, options), emit, { lend });
    const coverage = coverageOf(merge, options.asSnapshot === true);
    const frameLength = merge.last.pageSize + PAGE_NUMBER_BYTES;
    const take: TakePages = (batch, from, to) => {
      coverage.take(batch.pageNumbers, from, to);
      encoder.frames(batch.frames().subarray(from * frameLength, to * frameLength), to - from);
    };
    while (await merge.advance(take, () => chunks.length > 0)) {
      const ready = chunks;
      chunks = [];
      yield* ready;
      pieces.takeBack();
    }
    const trailer = await merge.finish();
    coverage.finish();
    encoder.end(trailer.postApplyChecksum);
    yield* chunks;
  } finally {
    await merge.close();
  }
}

/** @throws LtxError `LTX_NOT_A_BASE` when the files do not add up to a whole database */
export function requireBase(first: LtxHeader): void {
  if (!isSnapshot(first) && first.preApplyChecksum !== EMPTY_CHECKSUM) {
    throw new LtxError('LTX_NOT_A_BASE', 0, 'the first file is no snapshot and does not follow a deletion', {
      input: 0,
    });
  }
}

/** The header of the merge of files. */
export function mergedHeader({ first, last }: MergedFiles, options: MergeOptions): LtxHeader {
  if (options.asSnapshot === true) requireBase(first);
  return {
    flags: options.compress ? FLAG_COMPRESSED : 0,
    pageSize: last.pageSize,
    commit: last.commit,
    minTxid: options.asSnapshot === true ? 1n : first.minTxid,
    maxTxid: last.maxTxid,
    timestampMs: options.timestampMs ?? last.timestampMs,
    preApplyChecksum: options.asSnapshot === true ? 0n : first.preApplyChecksum,
    walOffset: 0n,
    walSize: 0n,
    walSalt1: 0,
    walSalt2: 0,
    nodeId: 0n,
  };
}

/**
 * Which pages the output must hold. A whole database needs all. Of any other merge those beyond the smallest
 * size on the way: what was there before was cut off, and without them the output, applied to a database that
 * still has old pages there, would bring those back.
 */
export function coverageOf({ first, last, lowestCommit }: MergedFiles, asSnapshot: boolean): PageCoverage {
  const above = asSnapshot || isSnapshot(first) ? 0 : lowestCommit;
  return new PageCoverage(last.pageSize, above, last.commit);
}
