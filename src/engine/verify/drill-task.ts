import { sourced } from '../../compactor/plan/files.ts';
import { History, type Point } from '../../compactor/plan/history.ts';
import type { LocatedCatalogue } from '../../compactor/run/catalogue.ts';
import type { ReplicaSet } from '../../compactor/run/replica-set.ts';
import { DrillError } from './drill-error.ts';
import type { DrilledFile, DrilledPoint, DrillRequest, DrillTarget } from './messages.ts';
import { preorder } from './preorder.ts';
import { SumsFile } from './sums-file.ts';
import { Walk } from './walk.ts';

/** Where a drill finds what it proves. */
export interface DrillPlaces {
  readonly cacheDirectory: string;
  readonly replicas: ReplicaSet;
  /** What is stored of the incarnation that lives. */
  readonly catalogueOf: (cluster: string, db: string) => LocatedCatalogue | null;
}

/** A drill of one replica as its thread works on it: point after point, as it is asked. */
export class DrillTask implements Disposable {
  readonly #places: DrillPlaces;
  readonly #checkWanted: () => void;
  #sums: SumsFile | null = null;
  #walk: Walk | null = null;
  #steps: Iterator<readonly Point[]> = [][Symbol.iterator]();

  /** @param checkWanted throws when nobody wants the drill any more */
  constructor(places: DrillPlaces, checkWanted: () => void) {
    this.#places = places;
    this.#checkWanted = checkWanted;
  }

  /** Finds the points that the files of the replica lead to, and nothing else; returns how many are meant. */
  begin({ cluster, db, incarnation, replica, target }: DrillRequest): number {
    const located = this.#places.catalogueOf(cluster, db);
    if (located?.catalogue.incarnation !== incarnation) return 0;
    const { points, steps } = stepsOf(located, replica, target);
    this.#steps = steps[Symbol.iterator]();
    this.#sums = new SumsFile(this.#places.cacheDirectory);
    const { replicas } = this.#places;
    this.#walk = new Walk(this.#sums, located, { replicas, checkWanted: this.#checkWanted });
    return points;
  }

  /** Builds the next point; null when there is none. @throws LfsbError `EINCOMPLETE` */
  async next(): Promise<DrilledPoint | null> {
    this.#checkWanted();
    const { done, value: way } = this.#steps.next();
    const point = way?.at(-1);
    if (done || point === undefined || this.#walk === null) return null;
    const { maxTxid: txid, postApplyChecksum: checksum, effectiveTime: timestamp } = point.last.file;
    const read: DrilledFile[] = [];
    const about = { txid, checksum, timestamp, files: point.files, read };
    try {
      for (const each of way) read.push(await this.#walk.to(each));
      return { ...about, failure: null };
    } catch (error) {
      if (!(error instanceof DrillError)) throw error;
      return { ...about, failure: error.failure };
    }
  }

  [Symbol.dispose](): void {
    this.#sums?.[Symbol.dispose]();
    this.#sums = null;
    this.#walk = null;
  }
}

interface Steps {
  readonly points: number;
  /** For each point that is meant, the points to walk to before it is reached, itself the last. */
  readonly steps: Iterable<readonly Point[]>;
}

/** Level 0 is left out: it goes with the disk. */
function stepsOf({ catalogue }: LocatedCatalogue, replica: string, target: DrillTarget): Steps {
  const history = new History(sourced(replica, catalogue.replicas.get(replica) ?? []));
  if (target === 'all') return { points: history.points.length, steps: one(preorder(history.points)) };
  const point = target === 'newest' ? history.tip : history.at(target.txid, target.checksum);
  return point == null ? { points: 0, steps: [] } : { points: 1, steps: [wayOf(point)] };
}

function* one<T>(items: Iterable<T>): Generator<readonly T[]> {
  for (const item of items) yield [item];
}

function wayOf(point: Point): Point[] {
  const way: Point[] = [];
  for (let at: Point | null = point; at !== null; at = at.previous) way.push(at);
  return way.reverse();
}
