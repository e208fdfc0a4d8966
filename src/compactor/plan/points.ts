import type { Checksum, Txid } from '../../ltx/index.ts';
import { byEnd, sourced } from './files.ts';
import { History } from './history.ts';
import type { DatabaseCatalogue, Level } from './types.ts';

/** A state that can be restored. */
export interface RestorePoint {
  readonly txid: Txid;
  readonly checksum: Checksum;
  /** ms; restores by timestamp go by it. */
  readonly effectiveTime: number;
  /** The highest level that has a file ending here. */
  readonly level: Level;
  /** The database was deleted by this transaction. */
  readonly deleted: boolean;
  /** Only level 0, in the data directory, leads here: a loss of the disk takes it. */
  readonly local: boolean;
}

export interface PointFilter {
  /** Earliest and latest effective time, ms, both inclusive. */
  readonly from?: number;
  readonly to?: number;
  /** Whether single transactions are listed that no file of level 1 or above ends at. */
  readonly level0: boolean;
}

/** The history of a database by each replica with level 0; by level 0 alone where there is no replica. */
export function historiesOf(catalogue: DatabaseCatalogue): Map<string | null, History> {
  const local = sourced(null, catalogue.local);
  const histories = new Map<string | null, History>();
  for (const [name, files] of catalogue.replicas) {
    histories.set(name, new History([...sourced(name, files), ...local]));
  }
  if (histories.size === 0) histories.set(null, new History(local));
  return histories;
}

/** All restore points, in the order of their TXIDs: of every state once, as the highest level has it. */
export function allPoints(histories: ReadonlyMap<string | null, History>): RestorePoint[] {
  const ends = [...histories.values()].flatMap(({ points }) => points.map(({ last }) => last));
  ends.sort((a, b) => byEnd(a.file, b.file));
  const points: RestorePoint[] = [];
  for (const { file } of ends) {
    const level = file.level;
    const known = points.at(-1);
    const same =
      known !== undefined && known.txid === file.maxTxid && known.checksum === file.postApplyChecksum;
    if (same && known.level >= level) continue;
    const point: RestorePoint = {
      txid: file.maxTxid,
      checksum: file.postApplyChecksum,
      effectiveTime: file.effectiveTime,
      level,
      deleted: file.commit === 0,
      local: level === 0,
    };
    if (same) points[points.length - 1] = point;
    else points.push(point);
  }
  return points;
}

/** The restore points of a database, from the catalogue alone, in the order of their TXIDs. */
export function* listPoints(catalogue: DatabaseCatalogue, filter: PointFilter): Generator<RestorePoint> {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY, level0 } = filter;
  for (const point of allPoints(historiesOf(catalogue))) {
    if (point.effectiveTime < from || point.effectiveTime > to) continue;
    if (level0 || !point.local) yield point;
  }
}
