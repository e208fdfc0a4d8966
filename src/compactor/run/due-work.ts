/** What is due on a replica and not done yet. */
export interface DueCounts {
  /** Databases that wait for their turn, or are in it: what is due of them is counted as of the last one. */
  readonly databases: number;
  /** Files to be stored, and files to be deleted whose deletion has not begun. */
  readonly builds: number;
  readonly deletes: number;
}

interface DueOfName {
  readonly builds: number;
  readonly deletes: number;
}

const NOTHING: DueOfName = { builds: 0, deletes: 0 };

/** What plans have asked for, counted as they are made and carried out: asking costs nothing. */
export class DueWork {
  readonly #replicas = new Map<string, DueOfReplica>();

  of(replica: string): DueOfReplica {
    const known = this.#replicas.get(replica) ?? new DueOfReplica();
    this.#replicas.set(replica, known);
    return known;
  }
}

/** The same of one replica. Names with nothing due take no room. */
export class DueOfReplica {
  readonly #names = new Map<string, DueOfName>();
  #builds = 0;
  #deletes = 0;
  #databases = 0;

  get counts(): DueCounts {
    return { databases: this.#databases, builds: this.#builds, deletes: this.#deletes };
  }

  /** So many databases wait for their turn, or are in it. */
  waiting(databases: number): void {
    this.#databases = databases;
  }

  /** A plan was made, or carried out in part; what it does not say stays as it was. */
  planned(name: string, due: Partial<DueOfName>): void {
    const before = this.#names.get(name) ?? NOTHING;
    const now = { ...before, ...due };
    this.#builds += now.builds - before.builds;
    this.#deletes += now.deletes - before.deletes;
    if (now.builds === 0 && now.deletes === 0) this.#names.delete(name);
    else this.#names.set(name, now);
  }
}
