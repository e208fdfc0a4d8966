import fc from 'fast-check';
import { expect, it } from 'vitest';
import { objectKey } from '../../src/compactor/run/object-key.ts';
import { type Replica, StorageError } from '../../src/storage/index.ts';
import { ACTOR } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { property } from '../support/property.ts';
import { bytesAt, pointsOf } from './restoring.ts';
import { World } from './world.ts';

const LEVELS = '1:10s:1m,2:30s:5m,3:150s:10m';
const SNAPSHOT = '5m:20m';
const NAMES = ['a.db', 'b.db'];

type Fault = 'none' | 'before' | 'after';

const step = fc.oneof(
  { weight: 6, arbitrary: fc.record({ what: fc.constant('write'), db: fc.constantFrom(...NAMES) }) },
  {
    weight: 5,
    arbitrary: fc.record({ what: fc.constant('pass'), seconds: fc.integer({ min: 1, max: 120 }) }),
  },
  { weight: 2, arbitrary: fc.record({ what: fc.constant('crash'), after: fc.integer({ min: 1, max: 12 }) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      what: fc.constant('delete-during'),
      db: fc.constantFrom(...NAMES),
      after: fc.integer({ min: 1, max: 8 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ what: fc.constant('delete'), db: fc.constantFrom(...NAMES) }) },
  {
    weight: 1,
    arbitrary: fc.record({
      what: fc.constant('fault'),
      fault: fc.constantFrom<Fault>('none', 'before', 'after'),
    }),
  },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** What a database was at each TXID. */
interface Known {
  model: ModelDatabase;
  readonly at: Map<bigint, Buffer>;
}

/** A place whose puts and deletions fail, before their effect or after it. */
const failing = (replica: Replica, fault: () => Fault): Replica => {
  const around = async <T>(work: () => Promise<T>): Promise<T> => {
    const now = fault();
    if (now === 'before') throw new StorageError('EUNAVAILABLE', 'no answer');
    const done = await work();
    if (now === 'after') throw new StorageError('EUNAVAILABLE', 'the answer was lost');
    return done;
  };
  return new Proxy(replica, {
    get(target, property) {
      if (property === 'put') return (...of: Parameters<Replica['put']>) => around(() => target.put(...of));
      if (property === 'deleteMany')
        return (...of: Parameters<Replica['deleteMany']>) => around(() => target.deleteMany(...of));
      const value: unknown = Reflect.get(target, property);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
};

class Run {
  readonly known = new Map<string, Known>();
  readonly world: World;
  fault: Fault = 'none';

  constructor() {
    const wrap = (replica: Replica) => failing(replica, () => this.fault);
    this.world = new World({ levels: LEVELS, snapshot: SNAPSHOT, wrap });
  }

  async take(one: Step): Promise<void> {
    const { world } = this;
    if (one.what === 'write') await this.#write(one.db);
    else if (one.what === 'pass') await world.pass(one.seconds * 1_000, 5_000);
    else if (one.what === 'fault') this.fault = one.fault;
    else if (one.what === 'delete') this.#delete(one.db);
    else {
      let left = one.after;
      world.crashAfter = () => {
        left--;
        if (one.what === 'crash') return left <= 0;
        if (left === 0) this.#delete(one.db);
        return false;
      };
      await world.pass(60_000, 5_000);
      world.crashAfter = () => false;
    }
    if (world.hasCrashed) await world.start();
  }

  async #write(db: string): Promise<void> {
    const known = this.known.get(db) ?? { model: new ModelDatabase({ pageSize: 512 }), at: new Map() };
    this.known.set(db, known);
    await this.world.write(db, known.model);
    known.at.set(known.model.pos.txid, Buffer.from(known.model.bytes()));
  }

  #delete(db: string): void {
    if (!this.known.delete(db)) return;
    const { engine } = this.world;
    engine.execute({ type: 'delete', cluster: 'shop', db, actor: ACTOR, clock: engine.clock });
  }

  /** Every point that is listed restores to what the database was then, and the newest one is among them. */
  async check(): Promise<void> {
    for (const [db, { model, at }] of this.known) {
      const points = pointsOf(this.world, db);
      expect(points).toContain(model.pos.txid);
      for (const txid of points) {
        const bytes = await bytesAt(this.world, db, txid);
        expect(bytes.equals(at.get(txid)!), `${db} at ${txid}`).toBe(true);
      }
    }
  }

  /** With everything well again, what is stored is what the catalogue says, and nothing is left under way. */
  async finish(): Promise<void> {
    const { world } = this;
    this.fault = 'none';
    await world.pass(2_400_000, 20_000);
    expect(world.outbox()).toEqual([]);
    const recorded = world.engine.log.sql.all('SELECT * FROM stored_file').map((row) =>
      objectKey(
        { cluster: String(row['cluster']), db: String(row['db']) },
        {
          level: Number(row['level']),
          minTxid: BigInt(`0x${row['min_txid']}`),
          maxTxid: BigInt(`0x${row['max_txid']}`),
        },
      ),
    );
    const there = (await world.keys()).filter((key) => !key.startsWith('.lfsb/'));
    expect(there.sort()).toEqual(recorded.sort());
    for (const [db, { model }] of this.known) {
      const state = world.engine.state(db);
      expect(world.highWaterMark(db, state?.incarnation)).toBe(model.pos.txid);
    }
  }
}

it('crashes and faults between any two steps change no point that is listed, and leave nothing behind', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
      const run = new Run();
      using _world = run.world;
      await run.world.start();
      for (const one of steps) {
        await run.take(one);
        await run.check();
      }
      await run.finish();
      await run.check();
      const incremental = run.world.engine.projections();
      run.world.engine.log.rebuild();
      expect(run.world.engine.projections()).toEqual(incremental);
    }),
    property(60),
  );
}, 240_000);
