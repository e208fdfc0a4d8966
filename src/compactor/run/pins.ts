/** Databases that somebody reads just now: no deletion of anything of them is begun meanwhile. */
export class Pins {
  readonly #held = new Map<string, number>();

  /** Holds all files of a name; the function that it returns lets go, once. */
  pin(cluster: string, db: string): () => void {
    const name = `${cluster}/${db}`;
    this.#held.set(name, (this.#held.get(name) ?? 0) + 1);
    let released = false;
    return () => {
      if (released) return;
      released = true;
      const left = (this.#held.get(name) ?? 1) - 1;
      if (left === 0) this.#held.delete(name);
      else this.#held.set(name, left);
    };
  }

  /** Holds the files of all names: for readers of which it is not known what they will read. */
  pinAll(): () => void {
    return this.pin('*', '*');
  }

  has(cluster: string, db: string): boolean {
    return this.#held.has(`${cluster}/${db}`) || this.#held.has('*/*');
  }
}
