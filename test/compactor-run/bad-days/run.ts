import { expect } from 'vitest';
import { ACTOR } from '../../support/in-process.ts';
import { World } from '../world.ts';
import { KnownDatabase } from './databases.ts';
import { Faulty } from './faulty.ts';
import { checkIdle, checkOldest, checkPoints, checkReplicas } from './promises.ts';
import { DAY, HOUR, MINUTE, NAMES, REPLICAS, type Step } from './steps.ts';

const TEN_YEARS = 3_660 * DAY;

/** Long enough for all promises to end and for deletions that waited, ms. */
const REST_MS = 80 * MINUTE;

/** A server with two replicas through bad days. */
export class BadDays implements Disposable {
  readonly world: World;
  readonly known = new Map<string, KnownDatabase>();
  readonly faulty = new Map<string, Faulty>(REPLICAS.map((name) => [name, new Faulty()]));
  /** A transaction was received at a time that is years away: its points are kept till then. */
  #keepsForYears = false;
  #seed: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.world = new World({
      levels: '1:10s:5m,2:30s:10m,3:150s:20m',
      snapshot: '5m:40m',
      replicas: REPLICAS,
      wrap: (replica, world, name) => this.faulty.get(name)!.around(replica, world),
    });
  }

  async take(step: Step): Promise<void> {
    const { world } = this;
    switch (step.what) {
      case 'write':
        for (let i = 0; i < step.times; i++) {
          await this.#write(step.db, world.now);
          await this.#pass(700);
        }
        return;
      case 'pass':
        return this.#pass(step.seconds * 1_000);
      case 'drop':
        return this.#send(step.db, this.known.get(step.db)?.drop()?.ltx);
      case 'restore':
        return this.#send(step.db, this.known.get(step.db)?.restore(step.back, world.now)?.ltx);
      case 'import':
        return this.#send(step.db, this.known.get(step.db)?.import(step.pages, world.now)?.ltx);
      case 'race':
        return this.#race(step.db);
      case 'replay':
        return this.#replay(step.db, step.back);
      case 'offline':
        for (let i = 1; i <= step.times; i++) await this.#write(step.db, world.now - 4 * DAY + i * 1_000);
        return;
      case 'bad clock':
        return this.#badClock(step.db, step.ahead ? TEN_YEARS : -TEN_YEARS);
      case 'delete':
        return this.#delete(step.db);
      case 'late delete':
        return this.#deleteLate(step.db);
      case 'crash':
        return this.#crash(step.after);
      case 'faults':
        this.faulty.get(step.replica)!.left.push(...step.faults);
        return this.#pass(step.seconds * 1_000);
      case 'down for a day':
        return this.#outage(step.replica, 24, HOUR);
      case 'outage':
        return this.#outage(step.replica, Math.ceil(step.seconds / 60), MINUTE);
    }
  }

  /** Every promise, now. */
  async check(): Promise<void> {
    await this.#wellMeanwhile(async () => {
      await checkPoints(this.world, this.known);
      await checkReplicas(this.world, this.known);
    });
  }

  /** All is well again, and nobody writes: nothing is under way in the end, and no more is kept than is needed. */
  async finish(): Promise<void> {
    const { world } = this;
    for (const faulty of this.faulty.values()) faulty.left = [];
    world.engine.execute({ type: 'clock.clear', actor: ACTOR, clock: world.engine.clock });
    await world.pass(REST_MS, 20_000);
    expect(world.outbox()).toEqual([]);
    await this.check();
    if (!this.#keepsForYears) await checkIdle(world, this.known);
    const incremental = world.engine.projections();
    world.engine.log.rebuild();
    expect(world.engine.projections()).toEqual(incremental);
  }

  /** Time goes on while one replica does not answer, and the other has to do. */
  async #outage(replica: string, times: number, spanMs: number): Promise<void> {
    this.faulty.get(replica)!.down = true;
    for (let i = 0; i < times; i++) {
      await this.#write(NAMES[0], this.world.now);
      await this.#pass(spanMs, spanMs);
    }
    this.faulty.get(replica)!.down = false;
  }

  /** Once a minute, or at other times, the oldest point that is listed restores. */
  async #pass(milliseconds: number, lookMs = MINUTE): Promise<void> {
    const { world } = this;
    for (let left = milliseconds; left > 0; left -= lookMs) {
      await world.pass(Math.min(left, lookMs), lookMs / 12);
      if (world.hasCrashed) return;
      if (left >= lookMs) await this.#wellMeanwhile(() => checkOldest(world, this.known));
    }
  }

  #known(db: string): KnownDatabase {
    const known = this.known.get(db) ?? new KnownDatabase(++this.#seed, 512);
    this.known.set(db, known);
    return known;
  }

  #write(db: string, timestamp: number): Promise<void> {
    return this.#send(db, this.#known(db).write(timestamp).ltx);
  }

  async #send(db: string, ltx: Uint8Array | undefined): Promise<void> {
    if (ltx !== undefined) expect(['create', 'append']).toContain(await this.world.engine.outcome(db, ltx));
  }

  /** A retry that is there before its original is done. */
  async #race(db: string): Promise<void> {
    const { engine, now } = this.world;
    const { ltx } = this.#known(db).write(now);
    const outcomes = await Promise.all([engine.outcome(db, ltx), engine.outcome(db, ltx)]);
    expect(outcomes.filter((each) => each === 'create' || each === 'append')).toHaveLength(1);
  }

  /** Old traffic changes nothing. */
  async #replay(db: string, back: number): Promise<void> {
    const old = this.known.get(db)?.model.transactions.at(-1 - back);
    if (old === undefined) return;
    const { engine } = this.world;
    const before = engine.state(db)?.pos;
    await engine.outcome(db, old.ltx);
    expect(engine.state(db)?.pos).toEqual(before);
  }

  /** The wall clock is wrong for one request. */
  async #badClock(db: string, by: number): Promise<void> {
    const { engine } = this.world;
    const at = engine.clock;
    engine.clock = { ...at, wall: at.wall + by };
    await this.#write(db, at.wall);
    engine.clock = at;
    if (by > 0) this.#keepsForYears = true;
  }

  #delete(db: string): void {
    if (!this.known.delete(db)) return;
    const { engine } = this.world;
    engine.execute({ type: 'delete', cluster: 'shop', db, actor: ACTOR, clock: engine.clock });
  }

  async #deleteLate(db: string): Promise<void> {
    this.#delete(db);
    for (let life = 0; life < 2; life++) {
      await this.#write(db, this.world.now);
      await this.#pass(15_000);
      if (life === 0) {
        for (const faulty of this.faulty.values()) faulty.left.push('late');
        this.#delete(db);
      }
    }
    // When they arrive, at the next call.
    await this.#pass(MINUTE);
    await this.#write(db, this.world.now);
    await this.#pass(15_000);
  }

  async #crash(after: number): Promise<void> {
    const { world } = this;
    let left = after;
    world.crashAfter = () => --left <= 0;
    await world.pass(MINUTE, 5_000);
    world.crashAfter = () => false;
    if (world.hasCrashed) await world.start();
  }

  async #wellMeanwhile(work: () => Promise<void>): Promise<void> {
    for (const faulty of this.faulty.values()) faulty.paused = true;
    await work();
    for (const faulty of this.faulty.values()) faulty.paused = false;
  }

  [Symbol.dispose](): void {
    this.world[Symbol.dispose]();
  }
}
