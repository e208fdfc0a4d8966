import { LfsbError } from '../../errors/index.ts';
import type { Replica } from '../../storage/index.ts';

/** The replicas of a thread, each opened when it is first needed. */
export class ReplicaSet {
  readonly #open: (name: string) => Promise<Replica>;
  readonly #replicas = new Map<string, Promise<Replica>>();

  /** @param open opens the replica of a name; called once for each, again after it failed */
  constructor(open: (name: string) => Promise<Replica>) {
    this.#open = open;
  }

  get(name: string): Promise<Replica> {
    const known = this.#replicas.get(name);
    if (known !== undefined) return known;
    const opening = this.#open(name);
    this.#replicas.set(name, opening);
    opening.catch(() => this.#replicas.delete(name));
    return opening;
  }

  async close(): Promise<void> {
    const all = await Promise.allSettled(this.#replicas.values());
    await Promise.allSettled(all.map((each) => (each.status === 'fulfilled' ? each.value.close() : null)));
    this.#replicas.clear();
  }
}

/** Where a name is not configured: files there cannot be reached. */
export const unknownReplica = (name: string): LfsbError =>
  new LfsbError('EUNAVAILABLE', `${name} is no replica of the configuration`);
