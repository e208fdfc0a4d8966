import { statfs } from 'node:fs/promises';
import type { ClockReading } from '../commands/clock.ts';
import type { Logger } from '../logging.ts';
import type { ReplicaSpace } from '../storage/index.ts';
import { isLow } from './low-space.ts';

/** How often places are asked for their room, ms. */
export const SPACE_LOOK_MS = 600_000;

/** What the room beside the database is called; a replica is not called like that. */
export const HERE = './';

/** How long a place may take to say it, ms. */
const SPACE_MS_MAX = 30_000;

/** A place whose room is watched; null where it does not say. */
export interface WatchedPlace {
  readonly name: string;
  readonly space: (signal: AbortSignal) => Promise<ReplicaSpace | null>;
}

export interface SpaceWatchOptions {
  /** Of the database. */
  readonly path: string;
  readonly places: readonly WatchedPlace[];
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/** Room in a folder of this machine. */
export async function spaceOfFolder(path: string): Promise<ReplicaSpace> {
  const { bsize, bavail, blocks } = await statfs(path);
  return { freeBytes: bavail * bsize, totalBytes: blocks * bsize };
}

/** Asks now and then how much room there is, and says once when it gets short, and once when it is not any more. */
export class SpaceWatch {
  readonly #options: SpaceWatchOptions;
  readonly #known = new Map<string, ReplicaSpace>();
  readonly #low = new Set<string>();
  readonly #stopping = new AbortController();
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<unknown> | null = null;

  constructor(options: SpaceWatchOptions) {
    this.#options = options;
  }

  /** Room in a place when it last said; null where it has not. */
  of(name: string): ReplicaSpace | null {
    return this.#known.get(name) ?? null;
  }

  /** The same beside the database. */
  get here(): ReplicaSpace | null {
    return this.of(HERE);
  }

  /** Asks when it is due; for a timer. */
  tick(): void {
    const { monotonic } = this.#options.clock();
    if (this.#looking !== null || this.#stopping.signal.aborted || monotonic - this.#lookedAt < SPACE_LOOK_MS)
      return;
    this.#lookedAt = monotonic;
    this.#looking = Promise.all(this.#options.places.map((place) => this.#ask(place))).finally(() => {
      this.#looking = null;
    });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#looking;
  }

  async #ask({ name, space }: WatchedPlace): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(SPACE_MS_MAX)]);
    // A place that does not answer is told of by what fails to be stored there.
    const found = await Promise.race([space(signal), givenUp(signal)]).catch(() => null);
    if (found === null) this.#known.delete(name);
    else this.#tell(name, found);
  }

  #tell(name: string, space: ReplicaSpace): void {
    const { path, log } = this.#options;
    const about = { path, place: name, freeBytes: space.freeBytes };
    this.#known.set(name, space);
    if (isLow(space) === this.#low.has(name)) return;
    if (this.#low.delete(name)) {
      log.info(about, 'there is room again');
      return;
    }
    this.#low.add(name);
    log.warn(about, 'little room is left: what is replicated will not fit before long');
  }
}

/** Null when the signal comes: a place that hangs is not waited for. */
const givenUp = (signal: AbortSignal): Promise<null> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(null), { once: true });
  });
