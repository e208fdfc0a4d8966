import type { ClockReading } from '../../commands/clock.ts';
import type { RestoreTarget } from '../../commands/decide-restore.ts';
import { objectKey } from '../../compactor/run/object-key.ts';
import type { Suspects } from '../../compactor/run/suspects.ts';
import { LfsbError } from '../../errors/index.ts';
import { type Actor, databaseStream, type EventBody } from '../../events/index.ts';
import type { Logger } from '../../logging.ts';
import type { Sql } from '../../projections/index.ts';
import { listReplicas } from '../../projections/replicas.ts';
import { Permits } from '../permits.ts';
import type { DatabaseKey, PointFinder } from '../restore/point-finder.ts';
import type { PointQuery } from '../restore/points.ts';
import type { RestoreJob } from '../restore/restore-job.ts';
import type { StreamPool } from '../streams/stream-pool.ts';
import type { EngineWriter } from '../writer/client.ts';
import { DRILLS_MAX, DRILLS_WAIT_MS_MAX, DRILLS_WAITING_MAX } from './limits.ts';
import type { DrilledPoint, DrillRequest, DrillTarget } from './messages.ts';
import { DrillOutcome } from './outcome.ts';

export interface VerifyDependencies {
  readonly sql: Sql;
  readonly points: PointFinder;
  readonly writer: EngineWriter;
  readonly streams: StreamPool;
  readonly clock: () => ClockReading;
  /** Told which files are not what the log says: they are looked at again. */
  readonly suspects: Suspects;
  readonly log: Logger;
}

export interface VerifyRequest extends DatabaseKey {
  /** A point, every point, or with null the newest one that is stored. */
  readonly query: PointQuery | 'all' | null;
  readonly actor: Actor;
  /** Aborted when nobody waits for it any more. */
  readonly signal: AbortSignal;
}

/** What a drill tells, as it goes on. `replica` is null where the data directory is read as well. */
export type VerifyStep =
  | { readonly kind: 'begun'; readonly replica: string | null; readonly points: number }
  | { readonly kind: 'point'; readonly replica: string | null; readonly point: DrilledPoint }
  | { readonly kind: 'ended'; readonly body: EventBody<'database.verified'>; readonly seq: number };

/** Restore drills: proves that what is stored makes a database's points, and puts it on record. */
export class VerifyService {
  readonly #deps: VerifyDependencies;
  readonly #permits = new Permits({
    heldMax: DRILLS_MAX,
    waitingMax: DRILLS_WAITING_MAX,
    waitMsMax: DRILLS_WAIT_MS_MAX,
    what: 'drills',
  });

  constructor(dependencies: VerifyDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Builds points from each replica alone, one after the other. Nothing is on record of a drill that is not gone
   * through to its end.
   * @throws LfsbError `ENODB`, `ENOTXID`, `ENOTIMESTAMP`, `EUNAVAILABLE`, `EINCOMPLETE`
   */
  async *run(request: VerifyRequest): AsyncGenerator<VerifyStep, void> {
    const { points } = this.#deps;
    const { incarnation } = points.state(request);
    const target = this.#targetOf(request);
    const release = await this.#permits.take();
    const outcome = new DrillOutcome();
    const begun = performance.now();
    try {
      for (const { name } of listReplicas(this.#deps.sql)) {
        const of = { cluster: request.cluster, db: request.db, incarnation, replica: name, target };
        yield* this.#onReplica(of, request.signal, outcome);
      }
      if (outcome.points === 0) yield* this.#here(request, outcome);
    } finally {
      release();
    }
    const durationMs = Math.round(performance.now() - begun);
    const body = outcome.bodyOf({ ...request, incarnation }, durationMs);
    yield await this.#record(body, request.actor);
  }

  #targetOf({ query, ...key }: VerifyRequest): DrillTarget {
    if (query === 'all') return 'all';
    return query === null ? 'newest' : this.#deps.points.find(key, query).pos;
  }

  async *#onReplica(
    request: DrillRequest,
    signal: AbortSignal,
    outcome: DrillOutcome,
  ): AsyncGenerator<VerifyStep, void> {
    const { replica } = request;
    const { job, close } = this.#open(request, signal);
    try {
      const count = await job.drill(request);
      if (count > 0) yield { kind: 'begun', replica, points: count };
      for (let point = await job.drillNext(); point !== null; point = await job.drillNext()) {
        outcome.add(replica, point);
        this.#suspect(request, point);
        yield { kind: 'point', replica, point };
        // Each of the others would be waited for as long.
        if (point.failure?.code === 'EUNAVAILABLE') return;
      }
    } finally {
      await close();
    }
  }

  #suspect({ cluster, db, replica }: DrillRequest, { failure }: DrilledPoint): void {
    if (failure?.code !== 'ECORRUPT' || failure.file === null) return;
    const { suspects, clock } = this.#deps;
    const key = objectKey({ cluster, db }, failure.file);
    suspects.note({ cluster, db, replica, key }, clock().wall);
  }

  /** No replica has it yet: it is built as a restore would do it, from the data directory as well. */
  async *#here(request: VerifyRequest, outcome: DrillOutcome): AsyncGenerator<VerifyStep, void> {
    const { points } = this.#deps;
    const { query } = request;
    const newest = points.state(request).pos?.txid ?? 0n;
    const target = points.find(request, query === null || query === 'all' ? { txid: newest } : query);
    yield { kind: 'begun', replica: null, points: 1 };
    const { job, close } = this.#open(request, request.signal);
    try {
      const point = await proven(
        job,
        databaseStream(request.cluster, request.db, target.incarnation),
        target,
      );
      outcome.add(null, point);
      yield { kind: 'point', replica: null, point };
    } finally {
      await close();
    }
  }

  #open(key: DatabaseKey, signal: AbortSignal): { job: RestoreJob; close: () => Promise<void> } {
    if (signal.aborted) throw new LfsbError('EINCOMPLETE', 'the client left before the end');
    const job = this.#deps.streams.restore(key);
    const cancel = (): void => job.cancel();
    signal.addEventListener('abort', cancel, { once: true });
    const close = async (): Promise<void> => {
      signal.removeEventListener('abort', cancel);
      await job.close(false);
    };
    return { job, close };
  }

  /** @throws LfsbError `ENODB` when the database was deleted while it was proven */
  async #record(body: EventBody<'database.verified'>, actor: Actor): Promise<VerifyStep> {
    const { writer, clock, log } = this.#deps;
    const { seq } = await writer.execute({ type: 'verified', body, actor, clock: clock() });
    if (seq === null) throw new LfsbError('ENODB', 'database not found: it was deleted just now');
    const { cluster, db, outcome, points, failed, failure } = body;
    const about = { cluster, db, points, failed, request: actor.request };
    if (outcome === 'passed') log.info(about, 'database verified');
    else log.error({ ...about, failure }, 'database failed its verification');
    return { kind: 'ended', body, seq };
  }
}

async function proven(job: RestoreJob, stream: string, target: RestoreTarget): Promise<DrilledPoint> {
  const { pos, timestamp } = target;
  const point = { ...pos, timestamp, files: 0, read: [] };
  try {
    await job.check(stream, target);
    return { ...point, failure: null };
  } catch (error) {
    if (!(error instanceof LfsbError) || (error.code !== 'ECORRUPT' && error.code !== 'EUNAVAILABLE'))
      throw error;
    return { ...point, failure: { code: error.code, message: error.message, file: null } };
  }
}
