import type { ClockReading } from '../commands/clock.ts';
import { sourced } from '../compactor/plan/files.ts';
import { History, wayTo } from '../compactor/plan/history.ts';
import { loadCatalogue } from '../compactor/run/catalogue.ts';
import { objectKey } from '../compactor/run/object-key.ts';
import type { ReplicaSet } from '../compactor/run/replica-set.ts';
import type { Suspects } from '../compactor/run/suspects.ts';
import type { SqlConnection } from '../log/index.ts';
import type { Logger } from '../logging.ts';
import { listReplicas } from '../projections/replicas.ts';
import { AGENT_CLUSTER } from './names.ts';

/** How often a place is looked at that is asked for its room anyway, ms. */
export const NEWEST_LOOK_MS = 600_000;

export interface NewestWatchOptions {
  /** Of the database in its log. */
  readonly name: string;
  readonly sql: SqlConnection;
  readonly replicas: ReplicaSet;
  /** Names of the replicas. */
  readonly names: readonly string[];
  readonly suspects: Suspects;
  /** Whether a replica says how much room it has: folders and SFTP servers do, at the cost of a request; buckets do not. */
  readonly saysRoom: (replica: string) => boolean;
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/**
 * Looks whether replicas still have what their newest point begins and ends with: one that was emptied is not noticed by
 * storing there. At a start, when one that failed is back, when a folder was made anew, and now and then where
 * that costs a bucket nothing. What is missing is the compactor's to look at again, and to make anew.
 */
export class NewestWatch {
  readonly #options: NewestWatchOptions;
  readonly #lookedAt = new Map<string, number>();
  #failing: ReadonlySet<string> = new Set();
  #looking: Promise<unknown> | null = null;
  #stopped = false;

  constructor(options: NewestWatchOptions) {
    this.#options = options;
  }

  /** Something may have happened to a replica: it is looked at next. */
  doubt(replica: string): void {
    this.#lookedAt.delete(replica);
  }

  /** Looks at what is due; for a timer. */
  tick(): void {
    if (this.#looking !== null || this.#stopped) return;
    const due = this.#due();
    if (due.length === 0) return;
    this.#looking = Promise.all(due.map((name) => this.#look(name))).finally(() => {
      this.#looking = null;
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  /** Begins nothing more; what is under way ends with the replicas. */
  stop(): void {
    this.#stopped = true;
  }

  #due(): string[] {
    const { sql, names, saysRoom, clock } = this.#options;
    const now = clock().monotonic;
    const failing = new Set(
      listReplicas(sql)
        .filter(({ failingSince }) => failingSince !== null)
        .map(({ name }) => name),
    );
    for (const name of this.#failing) if (!failing.has(name)) this.doubt(name);
    this.#failing = failing;
    return names.filter((name) => {
      const last = this.#lookedAt.get(name);
      if (failing.has(name)) return false;
      return last === undefined || (now - last >= NEWEST_LOOK_MS && saysRoom(name));
    });
  }

  async #look(replica: string): Promise<void> {
    const { name, sql, replicas, suspects, clock, log } = this.#options;
    this.#lookedAt.set(replica, clock().monotonic);
    const own = loadCatalogue(sql, AGENT_CLUSTER, name, { first: 0, replicas: [replica] })?.catalogue;
    const { tip } = new History(sourced(replica, own?.replicas.get(replica) ?? []));
    if (tip === null) return;
    const way = wayTo(tip);
    const of = { cluster: AGENT_CLUSTER, db: name };
    const keys = new Set([way[0]!, way.at(-1)!].map(({ file }) => objectKey(of, file)));
    try {
      const place = await replicas.get(replica);
      for (const key of keys) {
        if ((await place.head(key)) !== null) continue;
        suspects.note({ ...of, replica, key }, clock().wall);
        log.warn({ replica, key }, 'a stored file is not to be had: it is looked at again');
      }
    } catch (error) {
      // A place that does not answer is told of by what fails to be stored there.
      log.debug({ replica, err: error }, 'the newest point could not be looked at');
    }
  }
}
