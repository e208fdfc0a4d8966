import { type MeterSnapshot, StorageMeter } from '../../storage/index.ts';

/** The memory of a thread's meters, by replica. */
export type MeterMemory = Readonly<Record<string, SharedArrayBuffer>>;

/** A place for one thread to count in. */
export interface MeterSlot {
  readonly memory: MeterMemory;
  /** The thread is gone: the next one counts on from where it ended. */
  release(): void;
}

/** What all threads count of what replicas do, read without asking them. */
export class ReplicaMeters {
  readonly #replicas: readonly string[];
  /** As many as there were threads at once. */
  readonly #slots: ReadonlyMap<string, StorageMeter>[] = [];
  readonly #free: ReadonlyMap<string, StorageMeter>[] = [];

  constructor(replicas: readonly string[]) {
    this.#replicas = replicas;
  }

  /** For a thread that begins: no two write to the same memory. */
  take(): MeterSlot {
    const meters = this.#free.pop() ?? this.#another();
    const memory = Object.fromEntries([...meters].map(([replica, meter]) => [replica, meter.memory]));
    let released = false;
    const release = (): void => {
      if (!released) this.#free.push(meters);
      released = true;
    };
    return { memory, release };
  }

  /** What the threads have counted of a replica, each for itself. */
  of(replica: string): MeterSnapshot[] {
    return this.#slots.flatMap((meters) => meters.get(replica)?.snapshot() ?? []);
  }

  #another(): ReadonlyMap<string, StorageMeter> {
    const meters = new Map(this.#replicas.map((replica) => [replica, new StorageMeter()]));
    this.#slots.push(meters);
    return meters;
  }
}
