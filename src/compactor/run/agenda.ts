/** Names of one replica's databases and when each has something to do next, ms of the wall clock. */
export class Agenda {
  readonly #due = new Map<string, { readonly cluster: string; readonly db: string; at: number }>();

  /** There may be something to do at `at`; an earlier time that is noted already stays. */
  note(cluster: string, db: string, at: number): void {
    const key = `${cluster}/${db}`;
    const known = this.#due.get(key);
    if (known === undefined) this.#due.set(key, { cluster, db, at });
    else if (at < known.at) known.at = at;
  }

  /** Takes the name that has waited longest, of those due by `now` that `isBusy` does not hold back. */
  take(now: number, isBusy: (name: string) => boolean): { cluster: string; db: string } | null {
    let first: { cluster: string; db: string; at: number } | null = null;
    for (const [name, entry] of this.#due) {
      if (entry.at <= now && (first === null || entry.at < first.at) && !isBusy(name)) first = entry;
    }
    if (first === null) return null;
    this.#due.delete(`${first.cluster}/${first.db}`);
    return first;
  }

  /** How many names have something to do by `now`. */
  due(now: number): number {
    let count = 0;
    for (const { at } of this.#due.values()) if (at <= now) count++;
    return count;
  }

  get size(): number {
    return this.#due.size;
  }
}
