import { expect } from 'vitest';
import { loadCatalogue } from '../../../src/compactor/run/catalogue.ts';
import { objectKey } from '../../../src/compactor/run/object-key.ts';
import { bytesAt, pointsOf } from '../restoring.ts';
import type { World } from '../world.ts';
import { restorableFrom } from './alone.ts';
import type { KnownDatabase } from './databases.ts';

type Known = ReadonlyMap<string, KnownDatabase>;

/** Every point that is listed restores to what the database was then; the newest one is among them. */
export async function checkPoints(world: World, known: Known): Promise<void> {
  for (const [db, { model, at }] of known) {
    const points = pointsOf(world, db);
    expect(points, db).toContain(model.pos.txid);
    for (const txid of points) await expectPoint(world, db, txid, at);
  }
}

/** The point that expiry would take first restores. */
export async function checkOldest(world: World, known: Known): Promise<void> {
  for (const [db, { at }] of known) {
    const oldest = pointsOf(world, db).reduce<bigint | null>((a, b) => (a === null || b < a ? b : a), null);
    if (oldest !== null) await expectPoint(world, db, oldest, at);
  }
}

async function expectPoint(
  world: World,
  db: string,
  txid: bigint,
  at: ReadonlyMap<bigint, Buffer>,
): Promise<void> {
  const wanted = at.get(txid);
  if (wanted === undefined) throw new Error(`${db} at ${txid} is a point that never was`);
  // A deletion is a point, and no file.
  if (wanted.byteLength === 0) return;
  expect((await bytesAt(world, db, txid)).equals(wanted), `${db} at ${txid}`).toBe(true);
}

/** What is listed is there; what each replica alone makes of it is right, and all that it has promised is among it. */
export async function checkReplicas(world: World, known: Known): Promise<void> {
  for (const [db, { at }] of known) {
    // Till then objects of the deleted database may lie there.
    if (world.outbox().some((row) => row['kind'] === 'purge' && row['db'] === db)) continue;
    const catalogue = loadCatalogue(world.engine.log.sql, 'shop', db)?.catalogue;
    for (const [name, files] of catalogue?.replicas ?? []) {
      const keys = await world.keys(name, `shop/${db}/`);
      const missing = files
        .map((file) => objectKey({ cluster: 'shop', db }, file))
        .filter((key) => !keys.includes(key));
      expect(missing, `listed, and not on ${name}`).toEqual([]);
      const states = await restorableFrom(world.stored.get(name)!, `shop/${db}/`);
      for (const [txid, bytes] of states) {
        expect(bytes.equals(at.get(txid)!), `${db} at ${txid}, from ${name} alone`).toBe(true);
      }
      for (const { level, maxTxid, effectiveTime, receivedAt } of files) {
        const { retentionMs } = world.config.levels.find((each) => each.level === level)!;
        const promised = Math.max(effectiveTime, receivedAt) + retentionMs >= world.now;
        if (promised) expect(states.has(maxTxid), `${db} at ${maxTxid}, from ${name} alone`).toBe(true);
      }
    }
  }
}

/** When every promise has ended, a replica has of each database what its current state needs: one file. */
export async function checkIdle(world: World, known: Known): Promise<void> {
  for (const name of world.stored.keys()) {
    const keys = (await world.keys(name)).filter((key) => !key.startsWith('.lfsb/'));
    const perDatabase = new Map<string, number>();
    for (const key of keys) {
      const db = key.split('/')[1]!;
      perDatabase.set(db, (perDatabase.get(db) ?? 0) + 1);
    }
    expect([...perDatabase].sort(), name).toEqual([...known.keys()].sort().map((db) => [db, 1]));
  }
}
