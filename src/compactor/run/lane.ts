import { isBeingPurged, workOn } from '../../engine/writer/outbox.ts';
import type { LevelConfig } from '../plan/types.ts';
import { Agenda } from './agenda.ts';
import { type ConfiguredReplica, compactionOf, type RunContext } from './context.ts';
import { runDeletions } from './deletions.ts';
import { JobError } from './job-error.ts';
import { LaneHealth } from './lane-health.ts';
import { Sealer } from './seal-turn.ts';
import { earlier, runTurn } from './turn.ts';

/** Databases that are worked on at once for one replica. */
export const LANE_TURNS_MAX = 4;

/** A database whose expiry was looked at is left alone with it for so long, ms. */
export const EXPIRY_PAUSE_MS = 60_000;

/** A database whose turn failed through no fault of the replica waits so long, ms. */
export const FAILED_TURN_PAUSE_MS = 60_000;

/** Deletions that wait are looked for so often, ms. */
export const DELETIONS_LOOK_MS = 10_000;

/** Names whose last look at expiry is remembered. */
const EXPIRIES_REMEMBERED_MAX = 100_000;

/**
 * All that is done for one replica: some databases at a time, the longest waiting first. A failure of the
 * replica pauses this lane and no other.
 */
export class Lane {
  readonly agenda = new Agenda();
  readonly replica: ConfiguredReplica;
  readonly level1: LevelConfig;
  readonly #context: RunContext;
  readonly #health: LaneHealth;
  readonly #active = new Map<string, Promise<void>>();
  readonly #expiredAt = new Map<string, number>();
  readonly #sealer: Sealer | null;
  #deleting: Promise<void> | null = null;
  #sealing: Promise<void> | null = null;
  #deletionsAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(replica: ConfiguredReplica, context: RunContext) {
    this.replica = replica;
    this.#context = context;
    const [level1] = compactionOf(context, replica.name).levels;
    if (level1 === undefined) throw new Error('there is no level to store');
    this.level1 = level1;
    this.#health = new LaneHealth(replica.name, context);
    const { sealing } = context;
    this.#sealer = sealing === undefined ? null : new Sealer(context, sealing, replica.name);
  }

  /** Begins what is due, as far as there is room. */
  pump(): void {
    if (this.#stopped) return;
    const { wall, monotonic } = this.#context.clock();
    this.#context.due.of(this.replica.name).waiting(this.agenda.due(wall) + this.#active.size);
    if (this.#health.isPaused(monotonic)) return;
    // One at a time while the replica fails, to see whether it is back.
    const most = this.#health.isFailing ? 1 : LANE_TURNS_MAX;
    while (this.#active.size < most) {
      const next = this.agenda.take(wall, (name) => this.#active.has(name));
      if (next === null) break;
      this.#begin(next.cluster, next.db, wall);
    }
    this.#deleting ??= this.#delete(wall).finally(() => {
      this.#deleting = null;
    });
    this.#sealing ??= this.#seal().finally(() => {
      this.#sealing = null;
    });
  }

  /** Resolves when nothing is under way and nothing due can be begun. */
  async settled(): Promise<void> {
    while (this.#active.size > 0 || this.#deleting !== null || this.#sealing !== null) {
      const others = [this.#deleting, this.#sealing].filter((each) => each !== null);
      await Promise.race([...this.#active.values(), ...others]);
    }
  }

  /** Stores what there is of a database as if its windows were closed; false when that failed. */
  async flush(cluster: string, db: string): Promise<boolean> {
    const name = { cluster, db, replica: this.replica.name };
    try {
      while (
        (await runTurn(this.#context, name, { expire: false, aheadMs: this.level1.intervalMs })).reached
      ) {
        await this.#health.well();
      }
      return true;
    } catch (error) {
      await this.#failed(error, { cluster, db });
      return false;
    }
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  #begin(cluster: string, db: string, wall: number): void {
    const name = `${cluster}/${db}`;
    const turn = this.#turn(cluster, db, wall).finally(() => {
      this.#active.delete(name);
      this.pump();
    });
    this.#active.set(name, turn);
  }

  async #turn(cluster: string, db: string, wall: number): Promise<void> {
    const name = `${cluster}/${db}`;
    const expiredAt = this.#expiredAt.get(name) ?? Number.NEGATIVE_INFINITY;
    const expire = wall - expiredAt >= EXPIRY_PAUSE_MS || wall < expiredAt;
    try {
      const turn = { cluster, db, replica: this.replica.name };
      // A deletion that is under way may be of files that the name has again when the purge is over.
      if (isBeingPurged(this.#context.sql, turn.replica, cluster, db)) await this.#deleting;
      const outcome = await runTurn(this.#context, turn, { expire, aheadMs: 0 });
      if (outcome.expired) this.#rememberExpiry(name, wall);
      // A promise that ended while expiry was paused is looked at after the pause.
      const nextAt = expire ? outcome.nextAt : earlier(outcome.nextAt, expiredAt + EXPIRY_PAUSE_MS);
      if (nextAt !== null) this.agenda.note(cluster, db, Math.max(nextAt, wall));
      if (outcome.reached) await this.#health.well();
    } catch (error) {
      this.agenda.note(cluster, db, this.#isOurs(error) ? wall : wall + FAILED_TURN_PAUSE_MS);
      await this.#failed(error, { cluster, db });
    }
  }

  #rememberExpiry(name: string, wall: number): void {
    this.#expiredAt.delete(name);
    this.#expiredAt.set(name, wall);
    const oldest = this.#expiredAt.keys().next();
    if (this.#expiredAt.size > EXPIRIES_REMEMBERED_MAX && !oldest.done) this.#expiredAt.delete(oldest.value);
  }

  async #delete(wall: number): Promise<void> {
    if (wall - this.#deletionsAt < DELETIONS_LOOK_MS && wall >= this.#deletionsAt) return;
    this.#deletionsAt = wall;
    try {
      if (await runDeletions(this.#context, this.replica.name)) await this.#health.well();
    } catch (error) {
      await this.#failed(error, {});
    }
  }

  async #seal(): Promise<void> {
    try {
      if ((await this.#sealer?.turn()) || (await this.#isBack())) await this.#health.well();
    } catch (error) {
      await this.#failed(error, { what: 'the log' });
    }
  }

  #isOurs(error: unknown): error is JobError {
    return error instanceof JobError && error.replica === this.replica.name;
  }

  /** Whether one that failed answers, where nothing is due that would show it. */
  async #isBack(): Promise<boolean> {
    const { sql, jobs } = this.#context;
    const { name } = this.replica;
    if (!this.#health.isFailing || this.#active.size > 0) return false;
    const { storing, deleting, retrying } = workOn(sql, name);
    if (storing + deleting + retrying > 0) return false;
    await jobs.ask(name);
    return true;
  }

  async #failed(error: unknown, about: object): Promise<void> {
    // Whoever stopped this closes what it needs.
    if (this.#stopped) return;
    if (this.#isOurs(error)) await this.#health.failed(error);
    else this.#context.log.error({ ...about, replica: this.replica.name, err: error }, 'storing failed');
  }
}
