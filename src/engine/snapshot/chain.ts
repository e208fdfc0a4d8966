import { planRestore } from '../../compactor/plan/restore-plan.ts';
import { type FileSource, loadCatalogue } from '../../compactor/run/catalogue.ts';
import { formatTxid, type Pos } from '../../ltx/index.ts';
import type { DrilledFileName } from '../../projections/drills.ts';
import type { Sql } from '../../projections/index.ts';
import { chainTo, type StoredPayload } from '../../projections/payloads.ts';

/** Where files come from that no replica has: the data directory. */
export const LEVEL0 = 'level 0';

/** A file on the way to a position. */
export interface ChainFile extends FileSource {
  /** 16 hex digits. */
  readonly minTxid: string;
  /** On a replica: the name that a drill has for it. */
  readonly drilled?: DrilledFileName;
}

/**
 * The files that lead to a position, the newest whole database first; empty when there are none. Level 0 by
 * itself where it reaches back to a whole database, so that no replica is asked; else the newest snapshot and
 * then the longest files, of one replica and of level 0.
 * @param avoided replicas, or `LEVEL0`, of which nothing is taken
 * @param replicas in the order in which they are to be read from
 */
export function* chainOf(
  sql: Sql,
  stream: string,
  pos: Pos,
  avoided: ReadonlySet<string>,
  replicas: readonly string[],
): Generator<ChainFile> {
  let local = false;
  for (const payload of avoided.has(LEVEL0) ? [] : chainTo(sql, stream, pos)) {
    local = true;
    yield fileOfPayload(payload);
  }
  if (!local) yield* chainFromReplicas(sql, stream, pos, avoided, replicas);
}

function* chainFromReplicas(
  sql: Sql,
  stream: string,
  pos: Pos,
  avoided: ReadonlySet<string>,
  replicas: readonly string[],
): Generator<ChainFile> {
  const [, cluster = '', db = '', incarnation] = stream.split('/');
  const located = loadCatalogue(sql, cluster, db);
  if (located === null || String(located.catalogue.incarnation) !== incarnation) return;
  const { catalogue } = located;
  const usable = avoided.has(LEVEL0) ? { ...catalogue, local: [] } : catalogue;
  const names = replicas.filter((name) => !avoided.has(name));
  const plan = planRestore(usable, { txid: pos.txid }, names);
  if (plan.kind === 'none' || plan.point.checksum !== pos.checksum) return;
  const name = { cluster, db, incarnation: catalogue.incarnation };
  for (const { file, replica } of plan.files) {
    const [minTxid, maxTxid] = [formatTxid(file.minTxid), formatTxid(file.maxTxid)];
    const source = { ...located.sourceOf(file), minTxid };
    if (replica === null) yield source;
    else yield { ...source, drilled: { ...name, replica, level: file.level, minTxid, maxTxid } };
  }
}

function fileOfPayload({ seq, place, sizeBytes, sha256, minTxid }: StoredPayload): ChainFile {
  return { place: place.kind === 'row' ? { kind: 'row', seq } : place, sizeBytes, sha256, minTxid };
}
