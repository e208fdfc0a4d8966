import type { DatabaseName } from './actions.ts';

/** Names a stored file among all: what a pin is known by. `replica` null is the data directory. */
export function pinKey(
  { cluster, db, incarnation }: DatabaseName,
  replica: string | null,
  file: { readonly level: number; readonly minTxid: bigint; readonly maxTxid: bigint },
): string {
  return `${replica ?? ''}:${cluster}/${db}/${incarnation}/${file.level}/${file.minTxid}-${file.maxTxid}`;
}
