import { sourced } from '../compactor/plan/files.ts';
import { History } from '../compactor/plan/history.ts';
import { loadCatalogue } from '../compactor/run/catalogue.ts';
import { damagedFilesOf } from '../projections/damaged-files.ts';
import { loadDatabase } from '../projections/databases.ts';
import { reachOf } from '../projections/high-water.ts';
import type { Sql } from '../projections/index.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { Trouble } from './report.ts';

/** What of a replica is missing or damaged, and was not made anew yet. */
export interface Damage {
  readonly files: number;
  /** Set where the replica does not lead to its newest point any more, since the first was found. */
  readonly trouble: Trouble | null;
  /** In words. */
  readonly message: string;
}

/** Null where nothing is. @param name of the database in its log */
export function damageOf(sql: Sql, name: string, replica: string): Damage | null {
  const state = loadDatabase(sql, AGENT_CLUSTER, name);
  if (state === null) return null;
  const of = [AGENT_CLUSTER, name, state.incarnation] as const;
  const files = damagedFilesOf(sql, of).filter((file) => file.replica === replica);
  if (files.length === 0) return null;
  const own = loadCatalogue(sql, AGENT_CLUSTER, name, { first: 0, replicas: [replica] })?.catalogue;
  const { tip } = new History(sourced(replica, own?.replicas.get(replica) ?? []));
  const isNewestThere = (tip?.last.file.maxTxid ?? 0n) >= reachOf(sql, [...of], replica);
  const since = files.reduce((first, each) => Math.min(first, each.since), Number.POSITIVE_INFINITY);
  const message = `${files.length} stored ${files.length === 1 ? 'file is' : 'files are'} missing or damaged`;
  return {
    files: files.length,
    trouble: isNewestThere ? null : { code: 'ECORRUPT', message, since },
    message,
  };
}
