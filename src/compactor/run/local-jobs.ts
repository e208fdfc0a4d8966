import type { ScratchFile } from '../../engine/snapshot/scratch-file.ts';
import { sha256Hex, sourceOf } from '../../storage/index.ts';
import { SNAPSHOT_LEVEL } from '../plan/types.ts';
import { makeFile } from './build-file.ts';
import type { BuildPlaces } from './build-inputs.ts';
import { onReplica } from './job-error.ts';
import { MergeSeat } from './merge-seat.ts';
import { metadataOf } from './metadata.ts';
import { planTurn } from './plan-turn.ts';
import type { BuildTask, BuiltFile, PlanTask, RemovedKey, StorageJobs, TurnPlan } from './tasks.ts';

export interface LocalJobsPlaces extends BuildPlaces {
  /** The head of the log, `seq:hash`. */
  readonly logHead: () => string;
}

/** Nothing is stored there: that is answer enough. */
const ASKED_KEY = '.lfsb/date';

/** The jobs, done in the thread that asks. */
export class LocalJobs implements StorageJobs {
  readonly #places: LocalJobsPlaces;
  readonly #seats = new Map<string, MergeSeat>();

  constructor(places: LocalJobsPlaces) {
    this.#places = places;
  }

  async plan(task: PlanTask): Promise<TurnPlan | null> {
    return planTurn(this.#places.sql, task);
  }

  async build(task: BuildTask): Promise<BuiltFile> {
    const made = await this.#seatOf(task).take((fold) => makeFile(task, this.#places, fold));
    const { sizeBytes, sha256 } = made;
    try {
      await this.#store(task, made);
      // A snapshot is read again only for the next one, a day later.
      if (task.output.level !== SNAPSHOT_LEVEL) await this.#places.fresh.keep(made);
    } finally {
      await made.discard();
    }
    return { sizeBytes, sha256 };
  }

  putSmall(replica: string, key: string, text: string): Promise<void> {
    const bytes = Buffer.from(text);
    const options = { sizeBytes: bytes.byteLength, sha256: sha256Hex(bytes), metadata: this.#headOnly() };
    return onReplica(replica, async () => {
      await (await this.#places.replicas.get(replica)).put(key, sourceOf(bytes), options);
    });
  }

  remove(replica: string, keys: readonly string[]): Promise<RemovedKey[]> {
    return onReplica(replica, async () => {
      const outcomes = await (await this.#places.replicas.get(replica)).deleteMany(keys);
      return outcomes.map(({ key, error, retried = false }) => ({
        key,
        isUnsettled: retried || error !== null,
        error: error === null ? null : { code: error.code, message: error.message },
      }));
    });
  }

  list(replica: string, prefix: string, limit: number): Promise<string[]> {
    return onReplica(replica, async () => {
      const keys: string[] = [];
      for await (const { key } of (await this.#places.replicas.get(replica)).list(prefix)) {
        keys.push(key);
        if (keys.length >= limit) break;
      }
      return keys;
    });
  }

  sweep(replica: string, beforeMs: number): Promise<number> {
    return onReplica(replica, async () => (await this.#places.replicas.get(replica)).sweep(beforeMs));
  }

  ask(replica: string): Promise<void> {
    return onReplica(replica, async () => {
      await (await this.#places.replicas.get(replica)).head(ASKED_KEY);
    });
  }

  async close(): Promise<void> {
    await this.#places.replicas.close();
  }

  /** A slow replica holds its own merges up, and no others; a copy is no merge, and may read from another one. */
  #seatOf({ replica, isCopy }: BuildTask): MergeSeat {
    const known = isCopy ? undefined : this.#seats.get(replica);
    const seat = known ?? new MergeSeat();
    if (!isCopy) this.#seats.set(replica, seat);
    return seat;
  }

  async #store({ replica, key, output }: BuildTask, made: ScratchFile): Promise<void> {
    const { sizeBytes, sha256 } = made;
    const file = await made.open();
    try {
      const metadata = metadataOf(output, sha256, this.#places.logHead());
      await onReplica(replica, async () => {
        const source = { open: () => file.chunks() };
        await (await this.#places.replicas.get(replica)).put(key, source, { sizeBytes, sha256, metadata });
      });
    } finally {
      await file.close();
    }
  }

  #headOnly(): { 'Log-Head': string } {
    return { 'Log-Head': this.#places.logHead() };
  }
}
