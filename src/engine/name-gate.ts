/** How long a transaction waits at most for a restore of its database to be appended, ms: LiteFS waits 40 s. */
export const GATE_WAIT_MS_MAX = 20_000;

/**
 * Holds the transactions of single databases up for a moment, so that what was made for a database's position
 * is appended before the position moves again.
 */
export class NameGate {
  readonly #held = new Map<string, Promise<void>>();

  /** Holds a database, together with whoever holds it already. The function that is returned lets go, once. */
  hold(cluster: string, db: string): () => void {
    const key = `${cluster}/${db}`;
    const before = this.#held.get(key);
    let release = (): void => {};
    const until = new Promise<void>((resolve) => {
      release = resolve;
    });
    const held = Promise.all([before, until]).then(() => {
      if (this.#held.get(key) === held) this.#held.delete(key);
    });
    this.#held.set(key, held);
    return release;
  }

  /** Resolves when nobody holds the database, or after GATE_WAIT_MS_MAX. Null at once when nobody does. */
  pass(cluster: string, db: string): Promise<void> | null {
    const held = this.#held.get(`${cluster}/${db}`);
    if (held === undefined) return null;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, GATE_WAIT_MS_MAX);
    });
    return Promise.race([held, late]).finally(() => clearTimeout(timer));
  }
}
