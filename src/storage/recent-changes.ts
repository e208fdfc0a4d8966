import type { ListedObject, ObjectHead } from './replica.ts';

/** Changes remembered; older ones are known to every listing. */
const CHANGES_MAX = 10_000;

interface Change {
  readonly atMs: number;
  /** What a listing that does not know of the change still shows; null: nothing. */
  readonly shows: ListedObject | null;
}

/** What changed lately, for listings that have not heard of it. */
export class RecentChanges {
  readonly #clock: () => number;
  readonly #changes = new Map<string, Change>();

  constructor(clock: () => number) {
    this.#clock = clock;
  }

  put(key: string): void {
    this.#remember(key, null);
  }

  deleted(key: string, head: ObjectHead | null): void {
    this.#remember(key, head && { key, sizeBytes: head.sizeBytes, modifiedMs: head.modifiedMs });
  }

  /** The listing as it was `staleMs` ago: without what came since, and with what went. */
  async *hide(
    objects: AsyncIterable<ListedObject>,
    prefix: string,
    after: string,
    staleMs: number,
  ): AsyncGenerator<ListedObject> {
    const sinceMs = this.#clock() - staleMs;
    const recent = [...this.#changes].filter(([, { atMs }]) => atMs > sinceMs);
    const hidden = new Set(recent.map(([key]) => key));
    const shown = recent
      .flatMap(([, { shows }]) => (shows === null ? [] : [shows]))
      .filter(({ key }) => key.startsWith(prefix) && key > after)
      .sort((a, b) => (a.key < b.key ? -1 : 1));
    for await (const object of objects) {
      while (shown.length > 0 && shown[0]!.key < object.key) yield shown.shift()!;
      if (!hidden.has(object.key)) yield object;
    }
    yield* shown;
  }

  #remember(key: string, shows: ListedObject | null): void {
    this.#changes.delete(key);
    this.#changes.set(key, { atMs: this.#clock(), shows });
    if (this.#changes.size <= CHANGES_MAX) return;
    for (const oldest of this.#changes.keys()) {
      this.#changes.delete(oldest);
      return;
    }
  }
}
