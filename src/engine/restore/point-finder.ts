import type { DatabaseState } from '../../commands/database-state.ts';
import type { RestoreTarget } from '../../commands/decide-restore.ts';
import type { RestorePoint } from '../../compactor/plan/index.ts';
import { LfsbError } from '../../errors/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { Sql } from '../../projections/index.ts';
import { notAvailable } from './not-available.ts';
import { type ListFilter, type PointQuery, RestorePoints } from './points.ts';

/** A database name. */
export interface DatabaseKey {
  readonly cluster: string;
  readonly db: string;
}

/** Which points of a database are asked for. */
export type PointSelection =
  | { readonly kind: 'ends'; readonly level0: boolean }
  | ({ readonly kind: 'list'; readonly limit: number } & ListFilter);

/** Answers what can be restored, from the catalogue alone. */
export class PointFinder {
  readonly #sql: Sql;

  constructor(sql: Sql) {
    this.#sql = sql;
  }

  /** @throws LfsbError `ENODB` */
  state({ cluster, db }: DatabaseKey): DatabaseState {
    const state = loadDatabase(this.#sql, cluster, db);
    if (state === null || state.pos === null) throw new LfsbError('ENODB', 'database not found');
    return state;
  }

  /**
   * The point that is meant.
   * @throws LfsbError `ENODB`; `ENOTXID` or `ENOTIMESTAMP` with the nearest points
   */
  find(key: DatabaseKey, query: PointQuery): RestoreTarget {
    const found = this.#points(key).find(query);
    if (found.kind === 'none') throw notAvailable(query, found);
    return found.target;
  }

  /**
   * The points that are asked for, the first and last or a list of at most `limit`, which is read as it is gone
   * through.
   * @throws LfsbError `ENODB`, at once
   */
  select(key: DatabaseKey, selection: PointSelection): Iterable<RestorePoint> {
    const points = this.#points(key);
    if (selection.kind === 'list') return limited(points.list(selection), selection.limit);
    const ends = points.ends(selection.level0);
    if (ends === null) return [];
    return ends.first.txid === ends.last.txid ? [ends.last] : [ends.first, ends.last];
  }

  /** Reads state and catalogue at one instant; the writer commits in another thread meanwhile. */
  #points(key: DatabaseKey): RestorePoints {
    this.#sql.run('BEGIN');
    try {
      return new RestorePoints(this.#sql, this.state(key));
    } finally {
      this.#sql.run('COMMIT');
    }
  }
}

function* limited<T>(items: Iterable<T>, limit: number): Generator<T> {
  let left = limit;
  for (const item of items) {
    if (left-- <= 0) return;
    yield item;
  }
}
