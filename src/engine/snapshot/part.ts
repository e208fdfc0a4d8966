import { LfsbError } from '../../errors/index.ts';
import { formatChecksum, formatTxid, type Pos } from '../../ltx/index.ts';

/** From which byte on the SQLite file of a point is wanted, and of which point. */
export interface Part {
  /** The name that the file had when it was begun. */
  readonly of: string;
  readonly fromByte: number;
}

/** Names the bytes of a point's SQLite file: its position, and the incarnation, since a TXID begins anew in the next. */
export const fileName = (pos: Pos, incarnation: number): string =>
  `${formatTxid(pos.txid)}-${formatChecksum(pos.checksum)}-${incarnation}`;

/**
 * How many bytes of a file are left out; null, where it is not the one that was begun, for a whole one.
 * @throws LfsbError `ERANGE` with `sizeBytes`, where nothing would be left
 */
export function bytesLeftOut(part: Part | null, name: string, sizeBytes: number): number | null {
  if (part === null || part.of !== name) return null;
  if (part.fromByte < sizeBytes) return part.fromByte;
  throw new LfsbError('ERANGE', `the file has ${sizeBytes} bytes, there is none at ${part.fromByte}`, {
    fields: { sizeBytes },
  });
}
