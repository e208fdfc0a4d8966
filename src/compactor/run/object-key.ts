import { formatTxid, parseTxid, type Txid } from '../../ltx/index.ts';
import type { FileName } from '../../projections/stored-files.ts';

/** Key of a stored file: `{cluster}/{db}/{level}/{min16}-{max16}.ltx`. Format. */
export const objectKey = (
  { cluster, db }: { readonly cluster: string; readonly db: string },
  { level, minTxid, maxTxid }: { readonly level: number; readonly minTxid: Txid; readonly maxTxid: Txid },
): string => `${databasePrefix(cluster, db)}${level}/${formatTxid(minTxid)}-${formatTxid(maxTxid)}.ltx`;

/** The same of a file as the log names it. */
export const keyOfName = ({ minTxid, maxTxid, ...name }: Omit<FileName, 'incarnation' | 'replica'>): string =>
  objectKey(name, { ...name, minTxid: parseTxid(minTxid) ?? 0n, maxTxid: parseTxid(maxTxid) ?? 0n });

/** What the keys of all files of a name begin with. */
export const databasePrefix = (cluster: string, db: string): string => `${cluster}/${db}/`;
