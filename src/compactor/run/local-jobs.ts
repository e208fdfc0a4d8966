import { join } from 'node:path';
import type { SnapshotInput } from '../../engine/snapshot/input.ts';
import type { ScratchFile } from '../../engine/snapshot/scratch-file.ts';
import { sha256Hex, sourceOf } from '../../storage/index.ts';
import { SNAPSHOT_LEVEL } from '../plan/types.ts';
import { makeFile } from './build-file.ts';
import type { BuildPlaces } from './build-inputs.ts';
import type { FileSource } from './catalogue.ts';
import { type ExpectedFile, type FileLook, lookAt } from './file-look.ts';
import { JobError, onReplica } from './job-error.ts';
import { MergeSeat } from './merge-seat.ts';
import { metadataOf } from './metadata.ts';
import { planTurn } from './plan-turn.ts';
import { explained, isUnchanged, soleSource } from './sole-input.ts';
import { openSource, suspecting } from './sources.ts';
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
    const stored = await this.#storeUnchanged(task);
    if (stored !== null) return stored;
    const made = await this.#seatOf(task).take((fold) => makeFile(task, this.#places, fold));
    const { sizeBytes, sha256 } = made;
    try {
      await this.#storeMade(task, made);
      if (this.#isKept(task, sizeBytes)) await this.#places.fresh.keep(made);
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

  look(file: ExpectedFile): Promise<FileLook> {
    return onReplica(file.replica, async () => lookAt(await this.#places.replicas.get(file.replica), file));
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

  /** A snapshot is read again only for the next one, a day later. */
  #isKept({ output }: BuildTask, sizeBytes: number): boolean {
    return output.level !== SNAPSHOT_LEVEL && this.#places.fresh.takes(sizeBytes);
  }

  /**
   * A file that is its one input, byte for byte, goes from where it is: it was decoded when its SHA-256 was recorded,
   * which the put holds it to. Null for any other, and for one of a replica that is to be kept.
   * @throws LfsbError `ECORRUPT`
   */
  async #storeUnchanged(task: BuildTask): Promise<BuiltFile | null> {
    const source = soleSource(task, this.#places);
    if (source === null) return null;
    if (source.place.kind === 'replica' && this.#isKept(task, source.sizeBytes)) return null;
    return suspecting(source, () => this.#storeSame(task, source));
  }

  async #storeSame(task: BuildTask, source: FileSource): Promise<BuiltFile | null> {
    const input = await openSource(source, this.#places);
    try {
      if (!(await isUnchanged(task, input))) return null;
      await this.#store(task, input).catch((error: unknown) => {
        if (error instanceof JobError && error.code === 'EINVALID') return explained(input, error);
        throw error;
      });
      await this.#keepSame(task, source);
      return { sizeBytes: source.sizeBytes, sha256: source.sha256 };
    } finally {
      await input.close();
    }
  }

  async #keepSame(task: BuildTask, source: FileSource): Promise<void> {
    const { place, sizeBytes } = source;
    if (place.kind !== 'spool' || !this.#isKept(task, sizeBytes)) return;
    await this.#places.fresh.keepLinked(join(this.#places.spoolDirectory, place.name), source);
  }

  async #storeMade(task: BuildTask, made: ScratchFile): Promise<void> {
    const input = await made.open();
    try {
      await this.#store(task, input);
    } finally {
      await input.close();
    }
  }

  async #store({ replica, key, output }: BuildTask, input: SnapshotInput): Promise<void> {
    const { sizeBytes, sha256 } = input;
    const metadata = metadataOf(output, sha256, this.#places.logHead());
    await onReplica(replica, async () => {
      const source = { open: () => input.chunks() };
      await (await this.#places.replicas.get(replica)).put(key, source, { sizeBytes, sha256, metadata });
    });
  }

  #headOnly(): { 'Log-Head': string } {
    return { 'Log-Head': this.#places.logHead() };
  }
}
