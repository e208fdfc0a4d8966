import type { ClockReading } from '../../commands/clock.ts';
import type { DatabaseState } from '../../commands/database-state.ts';
import { planRestore, type RestoredFile, type RestoreTarget } from '../../commands/decide-restore.ts';
import { LfsbError } from '../../errors/index.ts';
import { databaseStream } from '../../events/index.ts';
import { FLAG_COMPRESSED, type LtxHeader, type Pos } from '../../ltx/index.ts';
import { Staging } from '../ingest/staging.ts';
import type { NameGate } from '../name-gate.ts';
import type { StreamPool } from '../streams/stream-pool.ts';
import type { Sweeper } from '../sweeper.ts';
import type { EngineWriter } from '../writer/client.ts';
import type { IngestRefused, PageSums, RestoreResult } from '../writer/messages.ts';
import { RESTORE_MOVES_MAX } from './limits.ts';
import type { Built } from './messages.ts';
import type { PointFinder } from './point-finder.ts';
import type { RestoreJob } from './restore-job.ts';
import type { Restored, RestoreRequest } from './restore-request.ts';

export interface AttemptOptions {
  readonly points: PointFinder;
  readonly writer: EngineWriter;
  readonly streams: StreamPool;
  readonly gate: NameGate;
  readonly sweeper: Sweeper;
  readonly clock: () => ClockReading;
  readonly request: RestoreRequest;
  readonly target: RestoreTarget;
  /** The database as the restore is begun. */
  readonly state: DatabaseState;
  /** All pages of the target, instead of those that differ. */
  readonly whole: boolean;
}

export type AttemptOutcome =
  | Restored
  | { readonly kind: 'moved' }
  | { readonly kind: 'unproven' }
  | IngestRefused;

/** One restore from building to appending. What it leaves when it does not succeed is nothing. */
export class RestoreAttempt {
  readonly #options: AttemptOptions;
  readonly #job: RestoreJob;
  readonly #staging: Staging;
  readonly #kind: 'dense' | 'sparse';
  #keep = false;

  constructor(options: AttemptOptions) {
    this.#options = options;
    this.#job = options.streams.restore();
    this.#staging = new Staging(options.writer);
    this.#kind = options.whole ? 'dense' : 'sparse';
  }

  /** @throws LfsbError `ECORRUPT`, `EUNAVAILABLE`, `EINCOMPLETE` */
  async run(): Promise<AttemptOutcome> {
    const { signal } = this.#options.request;
    const cancel = (): void => this.#job.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    try {
      this.#checkWanted();
      return await this.#appended(await this.#build());
    } finally {
      signal.removeEventListener('abort', cancel);
      await this.#job.close(this.#keep);
      if (!this.#keep) await this.#staging.abandon();
      this.#options.sweeper.wake();
    }
  }

  #build(): Promise<Built> {
    const { state, target, whole, request } = this.#options;
    const { pos, pageSize, commit, journalMode } = state;
    const stream = databaseStream(request.cluster, request.db, target.incarnation);
    const current = whole || pos === null ? null : { pos, pageSize, commit };
    const options = { stream, target, current, keepWal: journalMode === 'wal' };
    return this.#job.build(options, (part) => this.#staging.add(this.#kind, part));
  }

  /**
   * Appends what was built. All pages of a target are right wherever the database has moved to meanwhile; its
   * transactions are held up then, or a large file would never be sealed in time.
   */
  async #appended(built: Built): Promise<AttemptOutcome> {
    const { request, whole, gate } = this.#options;
    const pages = await this.#pagesOf(built);
    if (!whole) return this.#appendedAt(built, pages, 0);
    const release = gate.hold(request.cluster, request.db);
    try {
      return await this.#appendedAt(built, pages, RESTORE_MOVES_MAX);
    } finally {
      release();
    }
  }

  async #appendedAt(built: Built, pages: PageSums, movesMax: number): Promise<AttemptOutcome> {
    const { points, request, target, state } = this.#options;
    let onto = state.pos;
    for (let moves = 0; onto !== null && moves <= movesMax; moves++) {
      const result = await this.#append(built, pages, onto);
      if (result.kind === 'accepted') return { ...result, journalModeForced: built.journalModeForced };
      if (result.kind !== 'moved') return result;
      const now = points.state(request);
      const plan = planRestore(now, target);
      if (plan.kind !== 'planned' || now.journalMode !== state.journalMode) break;
      onto = plan.onto;
    }
    return { kind: 'moved' };
  }

  async #append(built: Built, pages: PageSums, onto: Pos): Promise<RestoreResult> {
    const { target, whole, writer, clock, request } = this.#options;
    const timestamp = Math.trunc(clock().wall);
    const { bytes, ...sealed } = await this.#job.seal(headerOf(target, onto, timestamp));
    this.#checkWanted();
    const { pages: count, postApplyChecksum, journalMode, journalModeForced } = built;
    const file: RestoredFile = {
      ...sealed,
      target,
      onto,
      pages: count,
      postApplyChecksum,
      journalMode,
      journalModeForced,
      timestamp,
    };
    const { cluster, db, actor } = request;
    // Should the writer fail, whether the commit happened is not known: the file stays, the next start sweeps it.
    this.#keep = true;
    const command = {
      type: 'restore',
      cluster,
      db,
      file,
      whole,
      pages,
      bytes,
      actor,
      clock: clock(),
    } as const;
    const result = await writer.execute(command);
    this.#keep = result.kind === 'accepted';
    return result;
  }

  #checkWanted(): void {
    if (!this.#options.request.signal.aborted) return;
    throw new LfsbError('EINCOMPLETE', 'the client left before the end');
  }

  /** The page checksums that were not staged go the same way as those that were, or with the command. */
  async #pagesOf({ rest }: Built): Promise<PageSums> {
    if (this.#staging.kind === null) return { kind: 'inline', ...rest };
    await this.#staging.add(this.#kind, rest);
    return { kind: this.#kind, generation: this.#staging.generation };
  }
}

const headerOf = (
  { pageSize, commit }: RestoreTarget,
  { txid, checksum }: Pos,
  timestamp: number,
): LtxHeader => ({
  flags: FLAG_COMPRESSED,
  pageSize,
  commit,
  minTxid: txid + 1n,
  maxTxid: txid + 1n,
  timestampMs: BigInt(timestamp),
  preApplyChecksum: checksum,
  walOffset: 0n,
  walSize: 0n,
  walSalt1: 0,
  walSalt2: 0,
  nodeId: 0n,
});
