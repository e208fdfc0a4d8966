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

/** Which bytes of a WAL a transaction was read from. */
export interface WalRange {
  readonly offset: number;
  readonly sizeBytes: number;
  readonly salt1: number;
  readonly salt2: number;
}

export interface HeaderFacts {
  readonly pageSize: number;
  /** Database size in pages. */
  readonly commit: number;
  /** When it was seen, ms since the epoch. */
  readonly timeMs: number;
  readonly wal: WalRange | null;
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
  const { pageSize, commit, timeMs, wal } = facts;
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
    walOffset: BigInt(wal?.offset ?? 0),
    walSize: BigInt(wal?.sizeBytes ?? 0),
    walSalt1: wal?.salt1 ?? 0,
    walSalt2: wal?.salt2 ?? 0,
    nodeId: 0n,
  };
}
