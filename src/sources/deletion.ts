import { EMPTY_CHECKSUM, LtxEncoder, type LtxHeader, type Pos } from '../ltx/index.ts';
import type { StoredDatabase } from './stored-state.ts';
import { nextHeader, type SourceTransaction } from './transaction.ts';

/**
 * The end of a database: what has another page size cannot go on from what is stored, so it begins anew behind
 * a deletion (`ltx.md`, Merging files).
 */
export function deletion({ state }: StoredDatabase, timeMs: number): SourceTransaction {
  const facts = { pageSize: state.pageSize, commit: 0, timeMs };
  const header: LtxHeader = nextHeader(state, facts);
  const pieces: Uint8Array[] = [];
  new LtxEncoder(header, (piece) => pieces.push(piece)).end(EMPTY_CHECKSUM);
  const pos: Pos = { txid: header.maxTxid, checksum: EMPTY_CHECKSUM };
  return { kind: 'deletion', header, pieces, pos, pages: 0 };
}
