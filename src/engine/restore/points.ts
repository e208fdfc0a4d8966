import type { DatabaseState } from '../../commands/database-state.ts';
import type { RestoreTarget } from '../../commands/decide-restore.ts';
import {
  type DatabaseCatalogue,
  listPoints,
  planRestore,
  type RestorePoint,
} from '../../compactor/plan/index.ts';
import { databaseStream } from '../../events/index.ts';
import type { Txid } from '../../ltx/index.ts';
import type { Sql } from '../../projections/index.ts';
import { type LocalPoint, LocalPoints } from '../../projections/local-points.ts';
import { localFile, storedCatalogue } from './stored-catalogue.ts';

/** What a client asks for: a TXID, or the last point not after a time (ms, inclusive). */
export type PointQuery = { readonly txid: Txid } | { readonly timestamp: number };

export type FoundPoint =
  | { readonly kind: 'point'; readonly target: RestoreTarget }
  /** There is no such point; the nearest ones before and after it. */
  | { readonly kind: 'none'; readonly before: RestorePoint | null; readonly after: RestorePoint | null };

export interface ListFilter {
  /** Earliest and latest effective time, ms, both inclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  /** Whether points are listed that only level 0 has. */
  readonly level0: boolean;
}

/**
 * The restore points of one incarnation: those of level 1 and above as plans find them, those of level 0 by
 * search, since there may be a great many of them.
 */
export class RestorePoints {
  readonly #incarnation: number;
  readonly #catalogue: DatabaseCatalogue;
  readonly #local: LocalPoints;
  /** The first transaction of level 0 that can be reached; all after it can. */
  readonly #localStart: LocalPoint | null;
  /** Of level 1 and above, in the order of their TXIDs. */
  readonly #stored: readonly RestorePoint[];

  constructor(sql: Sql, state: DatabaseState) {
    this.#incarnation = state.incarnation;
    this.#catalogue = storedCatalogue(sql, state);
    this.#stored = [...listPoints(this.#catalogue, { level0: false })];
    this.#local = new LocalPoints(sql, databaseStream(state.cluster, state.db, state.incarnation));
    this.#localStart = this.#findLocalStart();
  }

  find(query: PointQuery): FoundPoint {
    const at = this.#stored.findLastIndex((point) => isNotAfter(point, query));
    const stored = this.#stored[at];
    const start = this.#localStart;
    const local = start === null ? null : this.#local.lastWhere(start, (point) => isNotAfter(point, query));
    const before = later(stored, local === null ? null : pointOf(local));
    if (before !== null && (!('txid' in query) || before.txid === query.txid)) {
      const target = before === stored ? this.#storedTarget(stored) : local && this.#localTarget(local);
      if (target !== null) return { kind: 'point', target };
    }
    const next = local === null ? start : this.#local.first(local.seq + 1);
    const after = sooner(this.#stored[at + 1], next === null ? null : pointOf(next));
    return { kind: 'none', before, after };
  }

  /** The first and the last point: of those that outlive the disk, while there are any, unless told otherwise. */
  ends(level0: boolean): { readonly first: RestorePoint; readonly last: RestorePoint } | null {
    const hasLocal = level0 || this.#stored.length === 0;
    const start = hasLocal ? this.#localStart : null;
    const end = start === null ? null : this.#local.last();
    const first = sooner(this.#stored[0], start === null ? null : pointOf(start));
    const last = later(this.#stored.at(-1), end === null ? null : pointOf(end));
    return first === null || last === null ? null : { first, last };
  }

  /** Points in the order of their TXIDs; level 0 is read on as the list is. */
  *list({
    from = Number.NEGATIVE_INFINITY,
    to = Number.POSITIVE_INFINITY,
    level0,
  }: ListFilter): Generator<RestorePoint> {
    const stored = this.#stored.filter(({ effectiveTime }) => effectiveTime >= from && effectiveTime <= to);
    let at = 0;
    for (const point of level0 ? this.#localFrom(from) : []) {
      if (point.effectiveTime > to) break;
      while (at < stored.length && stored[at]!.txid < point.txid) yield stored[at++]!;
      if (!isSameState(stored[at], point)) yield point;
    }
    yield* stored.slice(at);
  }

  /** Of level 0 from a time on; a state that a re-base has repeated is given once. */
  *#localFrom(from: number): Generator<RestorePoint> {
    const start = this.#localStart;
    if (start === null) return;
    const passed = this.#local.lastWhere(start, ({ effectiveTime }) => effectiveTime < from);
    let previous: RestorePoint | undefined;
    for (const local of this.#local.after(passed?.seq ?? start.seq - 1)) {
      const point = pointOf(local);
      if (!isSameState(previous, point)) yield point;
      previous = point;
    }
  }

  /** Where level 0 begins in the middle of the history, the files of a replica have to lead there. */
  #findLocalStart(): LocalPoint | null {
    const first = this.#local.first();
    if (first === null || first.begins) return first;
    const catalogue = { ...this.#catalogue, local: [localFile(first)] };
    const plan = planRestore(catalogue, { txid: first.txid });
    const isReached = plan.kind === 'plan' && plan.point.checksum === first.checksum;
    return isReached ? first : this.#local.firstBase();
  }

  #storedTarget({ txid, checksum, effectiveTime }: RestorePoint): RestoreTarget | null {
    const plan = planRestore(this.#catalogue, { txid });
    const last = plan.kind === 'plan' ? plan.files.at(-1)?.file : undefined;
    if (last === undefined) return null;
    const { pageSize, commit } = last;
    const pos = { txid, checksum };
    return { incarnation: this.#incarnation, pos, timestamp: effectiveTime, pageSize, commit };
  }

  #localTarget({ txid, checksum, effectiveTime, pageSize, commit }: LocalPoint): RestoreTarget {
    const pos = { txid, checksum };
    return { incarnation: this.#incarnation, pos, timestamp: effectiveTime, pageSize, commit };
  }
}

const isNotAfter = (point: { txid: Txid; effectiveTime: number }, query: PointQuery): boolean =>
  'txid' in query ? point.txid <= query.txid : point.effectiveTime <= query.timestamp;

const pointOf = ({ txid, checksum, effectiveTime, commit }: LocalPoint): RestorePoint => ({
  txid,
  checksum,
  effectiveTime,
  level: 0,
  deleted: commit === 0,
  local: true,
});

const isSameState = (a: RestorePoint | undefined, b: RestorePoint): boolean =>
  a !== undefined && a.txid === b.txid && a.checksum === b.checksum;

/** The one with the higher TXID; of equal ones the first. */
const later = (a: RestorePoint | undefined, b: RestorePoint | null): RestorePoint | null =>
  a === undefined || (b !== null && b.txid > a.txid) ? b : a;

const sooner = (a: RestorePoint | undefined, b: RestorePoint | null): RestorePoint | null =>
  a === undefined || (b !== null && b.txid < a.txid) ? b : a;
