import { decideSealing, type SealStep } from '../../commands/decide-sealing.ts';
import { checkpointKey } from '../../log/seal/keys.ts';
import { SEGMENTS_PER_TURN_MAX } from '../../log/seal/limits.ts';
import { placeOf, sealedHead } from '../../log/seal/places.ts';
import type { RunContext } from './context.ts';
import { JobError } from './job-error.ts';
import type { Sealing } from './seal-jobs.ts';
import { expiringCheckpoints, sealingState } from './seal-state.ts';

/** After a failure that is not the replica's, such as a damaged event, sealing waits so long, ms. */
export const FAILED_SEAL_PAUSE_MS = 60_000;

/** Brings the log to one replica: row, put, event, one object at a time. */
export class Sealer {
  readonly #context: RunContext;
  readonly #sealing: Sealing;
  readonly #replica: string;
  #isCatchingUp = false;
  #pausedUntil = Number.NEGATIVE_INFINITY;

  constructor(context: RunContext, sealing: Sealing, replica: string) {
    this.#context = context;
    this.#sealing = sealing;
    this.#replica = replica;
  }

  /**
   * Does what is due. Returns whether the replica was spoken to.
   * @throws JobError and what the log's writer throws; what was begun is taken up again
   */
  async turn(): Promise<boolean> {
    if (this.#context.clock().monotonic < this.#pausedUntil) return false;
    try {
      return await this.#doDue();
    } catch (error) {
      const isReplica = error instanceof JobError && error.replica === this.#replica;
      if (!isReplica) this.#pausedUntil = this.#context.clock().monotonic + FAILED_SEAL_PAUSE_MS;
      throw error;
    }
  }

  async #doDue(): Promise<boolean> {
    const place = placeOf(this.#context.sql, this.#replica);
    if (place === null) return false;
    let reached = false;
    for (let count = 0; count < SEGMENTS_PER_TURN_MAX; count++) {
      const state = sealingState(this.#context.sql, place, this.#isCatchingUp);
      const step = decideSealing(state, this.#context.clock().wall, this.#sealing.limits.intervalMs);
      if (step === null) break;
      reached = true;
      if (step.kind === 'checkpoint') await this.#putCheckpoint(step.seq);
      else this.#isCatchingUp = (await this.#putSegment(place, step)) < state.headSeq;
    }
    return (await this.#removeOld(place)) || reached;
  }

  /** Returns the last event of the segment; that of the replica's newest when it was not begun. */
  async #putSegment(place: number, step: SealStep & { kind: 'segment' }): Promise<number> {
    const { sql, writer, clock, afterStep, log } = this.#context;
    const { jobs, limits } = this.#sealing;
    const replica = this.#replica;
    const previous = sealedHead(sql, place);
    const facts = await jobs.cutSegment({ replica, previous, lastSeq: step.lastSeq, limits });
    const { firstSeq, lastSeq } = facts;
    afterStep('segment cut');
    if (!(await this.#begin('segment', firstSeq, lastSeq))) return previous.seq;
    const { sizeBytes, sha256 } = await jobs.putSegment({ replica, previous, lastSeq, limits });
    afterStep('segment put');
    await writer.execute({ type: 'seal.stored', replica, facts, sizeBytes, sha256, clock: clock() });
    afterStep('sealed');
    log.debug({ replica, firstSeq, lastSeq, size: sizeBytes }, 'log sealed');
    return lastSeq;
  }

  async #putCheckpoint(seq: number): Promise<void> {
    const { writer, clock, afterStep, log } = this.#context;
    const replica = this.#replica;
    if (!(await this.#begin('checkpoint', seq, seq))) return;
    const { sizeBytes, sha256 } = await this.#sealing.jobs.putCheckpoint(replica, seq);
    afterStep('checkpoint put');
    await writer.execute({ type: 'checkpoint.stored', replica, seq, sizeBytes, sha256, clock: clock() });
    afterStep('checkpoint stored');
    log.debug({ replica, seq, size: sizeBytes }, 'checkpoint stored');
  }

  async #begin(kind: 'segment' | 'checkpoint', firstSeq: number, lastSeq: number): Promise<boolean> {
    const { writer, clock, afterStep } = this.#context;
    const command = { type: 'seal.begin', replica: this.#replica, kind, firstSeq, lastSeq } as const;
    const { begun } = await writer.execute({ ...command, clock: clock() });
    afterStep('seal begun');
    return begun;
  }

  /** Deletes checkpoints that newer ones have taken the place of. */
  async #removeOld(place: number): Promise<boolean> {
    const { sql, writer, clock, jobs, afterStep } = this.#context;
    const replica = this.#replica;
    const seqs = expiringCheckpoints(sql, place);
    if (seqs.length === 0) return false;
    const outcomes = await jobs.remove(replica, seqs.map(checkpointKey));
    afterStep('checkpoint removed');
    const gone = seqs.filter((_, at) => outcomes[at]?.error === null);
    if (gone.length > 0) {
      await writer.execute({ type: 'checkpoint.expired', replica, seqs: gone, clock: clock() });
    }
    afterStep('checkpoint expired');
    const failed = outcomes.find(({ error }) => error !== null)?.error;
    if (failed != null) throw new JobError({ ...failed, replica, stack: undefined });
    return true;
  }
}
