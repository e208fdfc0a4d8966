import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Fault } from '../../../src/storage/fault-plan.ts';
import { property } from '../../support/property.ts';
import { Faulty } from '../bad-days/faulty.ts';
import { bytesAt, pointsOf } from '../restoring.ts';
import { DB, Lossy } from './lossy.ts';
import { Promised } from './promised.ts';

const REPLICAS = ['one', 'two'] as const;

/** What passes by itself: none of it is damage. */
const PASSING: readonly Fault[] = ['error-before', 'error-after', 'partial', 'slow', 'stale', 'hang'];

const replica = fc.constantFrom(...REPLICAS);
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ what: fc.constant('live' as const), seconds: fc.integer({ min: 10, max: 200 }) }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('rest' as const), seconds: fc.integer({ min: 20, max: 900 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      what: fc.constant('harm' as const),
      replica,
      how: fc.constantFrom('lose' as const, 'damage' as const),
      /** Which files, by their places among all: many at once now and then. */
      picks: fc.array(fc.nat(1_000), { minLength: 1, maxLength: 8 }),
      all: fc.nat(2).map((n) => n === 0),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('faults' as const),
      replica,
      faults: fc.array(fc.constantFrom(...PASSING), { minLength: 1, maxLength: 8 }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ what: fc.constant('crash' as const), after: fc.integer({ min: 1, max: 12 }) }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

class Losses implements Disposable {
  readonly lossy: Lossy;
  readonly #promised: Promised;
  readonly #faulty: ReadonlyMap<string, Faulty>;
  readonly #everHarmed = new Set<string>();

  private constructor(lossy: Lossy, faulty: ReadonlyMap<string, Faulty>) {
    this.lossy = lossy;
    this.#faulty = faulty;
    this.#promised = new Promised(lossy);
  }

  static async start(replicas: readonly string[]): Promise<Losses> {
    const faulty = new Map(REPLICAS.map((name) => [name, new Faulty()] as const));
    const lossy = await Lossy.start(replicas, 'memory', (place, world, name) =>
      faulty.get(name as 'one')!.around(place, world),
    );
    return new Losses(lossy, faulty);
  }

  async take(each: Step): Promise<void> {
    const { lossy } = this;
    switch (each.what) {
      case 'live':
        return lossy.live(each.seconds);
      case 'rest':
        return lossy.rest(each.seconds);
      case 'faults':
        this.#faulty.get(each.replica)!.left.push(...each.faults);
        return;
      case 'harm':
        return this.#harm(each);
      case 'crash':
        return this.#crash(each.after);
    }
  }

  async #harm({ replica: name, how, picks, all }: Extract<Step, { what: 'harm' }>): Promise<void> {
    const { lossy } = this;
    if (!lossy.world.stored.has(name)) return;
    const keys = await lossy.world.keys(name, `shop/${DB}/`);
    const chosen = all ? keys : [...new Set(picks.map((pick) => keys[pick % keys.length]!))];
    if (keys.length === 0) return;
    for (const key of chosen) {
      if (lossy.harmed.has(`${name}:${key}`)) continue;
      await lossy[how](key, name);
      this.#everHarmed.add(`${name}:${key}`);
    }
    this.#promised.forgetHarmed();
  }

  async #crash(after: number): Promise<void> {
    const { world } = this.lossy;
    let left = after;
    world.crashAfter = () => --left <= 0;
    await world.pass(60_000, 5_000);
    world.crashAfter = () => false;
    if (world.hasCrashed) await world.start();
  }

  /** Nothing is said to be damaged that is not, nothing promised is deleted, and no point is given back wrong. */
  async check(): Promise<void> {
    const { lossy } = this;
    const { world } = lossy;
    for (const { replica: name, level, minTxid, maxTxid } of world.events('file.damaged')) {
      expect(this.#everHarmed).toContain(`${name}:shop/${DB}/${level}/${minTxid}-${maxTxid}.ltx`);
    }
    this.#promised.check();
    const points = pointsOf(world, DB);
    for (const txid of points.filter((_, i) => i % 7 === 0)) {
      const bytes = await this.#well(() => bytesAt(world, DB, txid)).catch((error: { code?: string }) => {
        expect(error.code).toBe('ECORRUPT');
        return null;
      });
      if (bytes !== null) expect(bytes.equals(lossy.at.get(txid)!), `at ${txid}`).toBe(true);
    }
  }

  /** A drill finds what is lost; all is well from then on. */
  async finish(): Promise<void> {
    const { lossy } = this;
    const { world, model, harmed } = lossy;
    for (const faulty of this.#faulty.values()) faulty.left = [];
    for (const id of harmed) {
      const [name = '', key = ''] = id.split(':');
      world.suspects.note({ cluster: 'shop', db: DB, replica: name, key }, world.now);
    }
    await lossy.live(420);
    await this.check();
    await lossy.checkPoints();
    expect(pointsOf(world, DB)).toContain(model.pos.txid);
    expect(world.engine.state(DB)).toMatchObject({ withheld: false, untilWhole: false });
    expect(Number(model.pos.txid - world.highWaterMark(DB))).toBeLessThan(10);
    await lossy.rest(100 * 60);
    expect(world.engine.table('damaged_file')).toEqual([]);
    expect(world.outbox()).toEqual([]);
    expect(world.engine.table('payload')).toEqual([]);
    expect(world.files(DB)).toHaveLength(world.stored.size);
    expect(await lossy.checkPoints()).toEqual([model.pos.txid]);
    const incremental = world.engine.projections();
    world.engine.log.rebuild();
    expect(world.engine.projections()).toEqual(incremental);
  }

  async #well<T>(work: () => Promise<T>): Promise<T> {
    for (const faulty of this.#faulty.values()) faulty.paused = true;
    try {
      return await work();
    } finally {
      for (const faulty of this.#faulty.values()) faulty.paused = false;
    }
  }

  [Symbol.dispose](): void {
    this.lossy[Symbol.dispose]();
  }
}

it('whatever is lost or damaged, what is offered restores, what is promised stays, and marks move on', async () => {
  await fc.assert(
    fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 6, maxLength: 16 }), async (alone, steps) => {
      using losses = await Losses.start(alone ? REPLICAS.slice(0, 1) : REPLICAS);
      await losses.take({ what: 'live', seconds: 60 });
      for (const each of steps) {
        await losses.take(each);
        await losses.check();
      }
      await losses.finish();
    }),
    property(6),
  );
}, 240_000);
