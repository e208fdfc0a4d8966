import type { ClockReading } from '../../commands/clock.ts';
import { planRestore, type RestoreTarget } from '../../commands/decide-restore.ts';
import { LfsbError } from '../../errors/index.ts';
import { databaseStream } from '../../events/index.ts';
import type { Logger } from '../../logging.ts';
import { formatTxid } from '../../ltx/index.ts';
import type { NameGate } from '../name-gate.ts';
import { Permits } from '../permits.ts';
import type { StreamPool } from '../streams/stream-pool.ts';
import type { Sweeper } from '../sweeper.ts';
import type { EngineWriter } from '../writer/client.ts';
import {
  RESTORE_COMPARISONS_MAX,
  RESTORES_MAX,
  RESTORES_WAIT_MS_MAX,
  RESTORES_WAITING_MAX,
} from './limits.ts';
import type { PointFinder } from './point-finder.ts';
import { RestoreAttempt } from './restore-attempt.ts';
import type { CheckOutcome, CheckRequest, RestoreOutcome, RestoreRequest } from './restore-request.ts';

export interface RestoreDependencies {
  readonly points: PointFinder;
  readonly writer: EngineWriter;
  readonly streams: StreamPool;
  readonly gate: NameGate;
  readonly sweeper: Sweeper;
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/** Sets databases back to their points, or proves that it would work. */
export class RestoreService {
  readonly #deps: RestoreDependencies;
  readonly #permits = new Permits({
    heldMax: RESTORES_MAX,
    waitingMax: RESTORES_WAITING_MAX,
    waitMsMax: RESTORES_WAIT_MS_MAX,
    what: 'restores',
  });

  constructor(dependencies: RestoreDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Builds a point and throws it away; resolves to what would be restored, or why that would be refused.
   * @throws LfsbError `ENODB`, `ENOTXID`, `ENOTIMESTAMP`, `ECORRUPT`, `EUNAVAILABLE`, `EINCOMPLETE`
   */
  async check(request: CheckRequest): Promise<CheckOutcome> {
    return this.#withPermit(request, async (target) => {
      const plan = planRestore(this.#deps.points.state(request), target);
      if (plan.kind === 'refused') return plan;
      const stream = databaseStream(request.cluster, request.db, target.incarnation);
      const job = this.#deps.streams.restore();
      const cancel = (): void => job.cancel();
      request.signal.addEventListener('abort', cancel, { once: true });
      try {
        await job.check(stream, target);
      } finally {
        request.signal.removeEventListener('abort', cancel);
        await job.close(false);
      }
      return { kind: 'checked', target };
    });
  }

  /**
   * Appends a point's content as the next transaction; resolves when that is durable, or refused.
   * @throws LfsbError `ENODB`, `ENOTXID`, `ENOTIMESTAMP`, `ECORRUPT`, `EUNAVAILABLE`, `EINCOMPLETE`; nothing is
   *   changed then
   */
  async restore(request: RestoreRequest): Promise<RestoreOutcome> {
    return this.#withPermit(request, async (target) => {
      const outcome = await this.#attempts(request, target);
      this.#report(request, target, outcome);
      return outcome;
    });
  }

  /** The point is found once: what comes while it is built does not change what a timestamp means. */
  async #withPermit<T>(
    { signal, query, ...key }: CheckRequest,
    work: (target: RestoreTarget) => Promise<T>,
  ): Promise<T> {
    const { points } = this.#deps;
    points.find(key, query);
    const release = await this.#permits.take();
    try {
      if (signal.aborted) throw new LfsbError('EINCOMPLETE', 'the client left before the end');
      const target = points.find(key, query);
      return await work(target).catch((error: unknown) => {
        // Its files may have gone while they were read: then it is no point any more, which is said instead.
        if (error instanceof LfsbError && error.code === 'ECORRUPT')
          points.find(key, { txid: target.pos.txid });
        throw error;
      });
    } finally {
      release();
    }
  }

  async #attempts(request: RestoreRequest, target: RestoreTarget): Promise<RestoreOutcome> {
    let isProven = true;
    for (let comparisons = 0; ; comparisons++) {
      const state = this.#deps.points.state(request);
      const plan = planRestore(state, target);
      if (plan.kind === 'unchanged') return plan;
      if (plan.kind === 'refused') {
        const { cluster, db, actor } = request;
        const { writer, clock } = this.#deps;
        return writer.execute({ type: 'refuse', cluster, db, actor, clock: clock(), refusal: plan.refusal });
      }
      const whole: boolean = !isProven || state.commit === 0 || comparisons >= RESTORE_COMPARISONS_MAX;
      const attempt: RestoreAttempt = new RestoreAttempt({ ...this.#deps, request, target, state, whole });
      const outcome = await attempt.run();
      if (outcome.kind !== 'moved' && outcome.kind !== 'unproven') return outcome;
      isProven &&= outcome.kind !== 'unproven';
      if (comparisons > RESTORE_COMPARISONS_MAX) {
        const hint = 'try again while fewer transactions come';
        throw new LfsbError('EUNAVAILABLE', 'the database moved on each time it was to be restored', {
          hint,
        });
      }
    }
  }

  #report({ cluster, db, actor }: RestoreRequest, target: RestoreTarget, outcome: RestoreOutcome): void {
    const { log } = this.#deps;
    const who = { cluster, db, request: actor.request, target: formatTxid(target.pos.txid) };
    if (outcome.kind === 'refused') {
      const { code, message, hint } = outcome.refusal;
      log.warn({ ...who, code, reason: message, hint }, 'restore refused');
    } else if (outcome.kind === 'unchanged') {
      log.info(who, 'database is at that point already');
    } else {
      const { pos, journalModeForced } = outcome;
      log.info({ ...who, txid: formatTxid(pos.txid), journalModeForced }, 'database restored');
    }
  }
}
