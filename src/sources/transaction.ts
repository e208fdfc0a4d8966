import type { DatabaseState } from '../commands/database-state.ts';
import { EMPTY_CHECKSUM, FLAG_COMPRESSED, type LtxHeader, type Pos, type Txid } from '../ltx/index.ts';

/** A piece of an LTX file; null where there is none yet, so that whoever waits can let others have a turn. */
export type Piece = Uint8Array | null;

/** What a live database did, as an LTX file that is made while it is read. */
export interface SourceTransaction {
  /**
   * `changes`: pages from the WAL. `differences`: pages that differ from what is stored. `snapshot`: all of them.
   * `deletion`: none, because what follows cannot go on from what is stored.
   */
  readonly kind: 'changes' | 'differences' | 'snapshot' | 'deletion';
  readonly header: LtxHeader;
  /** The file, to be read once and to its end. */
  readonly pieces: Iterable<Piece>;
  /** The position after it; known once the file was read to its end. */
  readonly pos: Pos;
  /** Pages in it; known once the file was read to its end. */
  readonly pages: number;
}

/** Where a transaction goes; resolves when it is durable. @throws LfsbError when it is refused */
export type Publish = (transaction: SourceTransaction) => Promise<void>;

export interface HeaderFacts {
  readonly pageSize: number;
  /** Database size in pages. */
  readonly commit: number;
  /** When it was seen, ms since the epoch. */
  readonly timeMs: number;
}

/**
 * The header of the file that goes on from what is stored. The first of a database holds all of it from TXID 1 on,
 * and so does one that takes over from a chain that no longer fits.
 * @param behind the first of a database has the TXID after this one
 */
export function nextHeader(
  { pos, withheld }: DatabaseState,
  facts: HeaderFacts,
  behind: Txid = 0n,
): LtxHeader {
  const { pageSize, commit, timeMs } = facts;
  const txid = (pos?.txid ?? behind) + 1n;
  const whole = pos === null || withheld;
  return {
    flags: FLAG_COMPRESSED,
    pageSize,
    commit,
    minTxid: whole ? 1n : txid,
    maxTxid: txid,
    timestampMs: BigInt(Math.trunc(timeMs)),
    preApplyChecksum: whole ? 0n : (pos?.checksum ?? EMPTY_CHECKSUM),
    // Nobody asks for them, and a file of level 1 has none: where it is this one, that is stored as it is.
    ...{ walOffset: 0n, walSize: 0n, walSalt1: 0, walSalt2: 0, nodeId: 0n },
  };
}
