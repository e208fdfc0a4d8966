import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readBorder } from '../../src/log/head.ts';
import { verifyLog } from '../../src/log/index.ts';
import { CHECKPOINT_PREFIX } from '../../src/log/seal/keys.ts';
import { type Replica, StorageError } from '../../src/storage/index.ts';
import { World } from '../compactor-run/world.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { property } from '../support/property.ts';
import { chainOn, pointsOn, projectionsOf, rebuildLog } from './rebuild.ts';

const LIMITS = {
  segmentEventsMax: 9,
  checkpointIntervalMs: 600_000,
  checkpointEvents: 25,
  keptEvents: 10,
};

type Fault = 'none' | 'before' | 'after';

const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ what: fc.constant('write' as const), db: fc.constantFrom('a.db', 'b.db') }),
  },
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant('pass' as const), seconds: fc.integer({ min: 5, max: 200 }) }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ what: fc.constant('crash' as const), after: fc.integer({ min: 1, max: 20 }) }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('fault' as const),
      replica: fc.constantFrom(0, 1),
      fault: fc.constantFrom<Fault>('none', 'before', 'after'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

const failing = (replica: Replica, fault: () => Fault): Replica =>
  new Proxy(replica, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      if (property !== 'put' && property !== 'deleteMany') return value.bind(target);
      return async (...of: unknown[]) => {
        const now = fault();
        if (now === 'before') throw new StorageError('EUNAVAILABLE', 'no answer');
        const done: unknown = await value.apply(target, of);
        if (now === 'after') throw new StorageError('EUNAVAILABLE', 'the answer was lost');
        return done;
      };
    },
  });

class Run {
  readonly world: World;
  readonly faults: Fault[] = ['none', 'none'];
  readonly models = new Map<string, { model: ModelDatabase; at: Map<bigint, Buffer> }>();
  /** Every event that ever was. */
  readonly events = new Map<number, string>();

  constructor() {
    const places: Replica[] = [];
    const wrap = (replica: Replica): Replica => {
      places.push(replica);
      const at = (places.length - 1) % 2;
      return failing(replica, () => this.faults[at] ?? 'none');
    };
    const levels = { levels: '1:10s:1m,2:30s:5m,3:150s:10m', snapshot: '5m:20m' };
    this.world = new World({ sealing: LIMITS, replicas: ['one', 'two'], wrap, ...levels });
    this.#follow(() => false);
  }

  async take(one: Step): Promise<void> {
    const { world } = this;
    if (one.what === 'write') await this.#write(one.db);
    else if (one.what === 'pass') await world.pass(one.seconds * 1_000, 5_000);
    else if (one.what === 'fault') this.faults[one.replica] = one.fault;
    else {
      let left = one.after;
      this.#follow(() => --left <= 0);
      await world.pass(120_000, 5_000);
      this.#follow(() => false);
    }
    this.#see();
    if (!world.hasCrashed) return;
    // A process that starts remembers nothing.
    world.engine.log.store.reset();
    await world.start();
  }

  async check(): Promise<void> {
    const { sql, store } = this.world.engine.log;
    expect(await verifyLog(sql)).toEqual({ ok: true, head: store.head() });
    const border = readBorder(sql).seq;
    const chain = (await chainOn(this.world.stored.get('one')!)).flatMap(({ events }) => events);
    expect(border).toBeLessThanOrEqual(chain.length);
    for (const key of await this.world.keys('one', CHECKPOINT_PREFIX)) {
      expect(Number.parseInt(key.slice(CHECKPOINT_PREFIX.length), 16)).toBeLessThanOrEqual(chain.length);
    }
    for (const { seq, bytes } of chain)
      expect(Buffer.from(bytes).toString('utf8')).toBe(this.events.get(seq));
  }

  /** With everything well again, each replica alone holds all that happened and all that is promised. */
  async finish(): Promise<void> {
    const { world } = this;
    this.faults.fill('none');
    await world.pass(1_800_000, 10_000);
    const { log } = world.engine;
    for (const name of ['one', 'two']) {
      const replica = world.stored.get(name)!;
      for (const from of ['checkpoint', 'first event'] as const) {
        const rebuilt = await rebuildLog(replica, from);
        try {
          expect(projectionsOf(rebuilt)).toEqual(projectionsOf(log));
          for (const [db, { model, at }] of this.models) {
            const points = await pointsOn(rebuilt, replica, name, 'shop', db);
            expect(points.has(model.pos.txid)).toBe(true);
            expect(world.highWaterMark(db)).toBe(model.pos.txid);
            for (const [txid, bytes] of points)
              expect(bytes.equals(at.get(txid)!), `${db} at ${txid}`).toBe(true);
          }
        } finally {
          rebuilt.close();
        }
      }
    }
    const incremental = projectionsOf(log);
    log.rebuild();
    expect(projectionsOf(log)).toEqual(incremental);
    expect(log.sql.all('SELECT * FROM log_put')).toEqual([]);
  }

  async #write(db: string): Promise<void> {
    const known = this.models.get(db) ?? { model: new ModelDatabase({ pageSize: 512 }), at: new Map() };
    this.models.set(db, known);
    await this.world.write(db, known.model);
    known.at.set(known.model.pos.txid, Buffer.from(known.model.bytes()));
  }

  #follow(crashes: () => boolean): void {
    this.world.crashAfter = () => {
      this.#see();
      return crashes();
    };
  }

  /** Remembers what has been appended, before any of it leaves. */
  #see(): void {
    const rows = this.world.engine.log.sql.all<{ seq: number; canonical: string }>(
      'SELECT seq, canonical FROM event NOT INDEXED WHERE seq > ?',
      this.events.size,
    );
    for (const { seq, canonical } of rows) this.events.set(seq, canonical);
  }
}

it('crashes and faults between any two steps lose no event, and each replica alone holds it all', async () => {
  let left = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 40 }), async (steps) => {
      const run = new Run();
      using _world = run.world;
      await run.world.start();
      for (const one of steps) {
        await run.take(one);
        await run.check();
      }
      await run.finish();
      left += readBorder(run.world.engine.log.sql).seq;
    }),
    property(12),
  );
  // Otherwise nothing here was about a log that events have left.
  expect(left).toBeGreaterThan(0);
}, 240_000);
