import { damagedFilesOf } from '../../projections/damaged-files.ts';
import type { Sql } from '../../projections/index.ts';
import { keyOfName } from './object-key.ts';

interface Incarnation {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
}

/** What is known to be missing or damaged of an incarnation, `replica:key` each: nothing may be made of those files. */
export const damagedKeys = (sql: Sql, { cluster, db, incarnation }: Incarnation): Set<string> =>
  new Set(
    damagedFilesOf(sql, [cluster, db, incarnation]).map((file) => `${file.replica}:${keyOfName(file)}`),
  );
