import { type Checksum, formatChecksum } from './checksum.ts';
import { formatTxid, type Txid } from './txid.ts';

/** A point of a database's history: a transaction and the database checksum after it. */
export interface Pos {
  txid: Txid;
  checksum: Checksum;
}

/** `txid/checksum`, both 16 hex digits. */
export function formatPos(pos: Pos): string {
  return `${formatTxid(pos.txid)}/${formatChecksum(pos.checksum)}`;
}
