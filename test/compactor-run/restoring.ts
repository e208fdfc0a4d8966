import { listPoints } from '../../src/compactor/plan/index.ts';
import { loadCatalogue } from '../../src/compactor/run/catalogue.ts';
import { buildSnapshot, type SnapshotPlaces } from '../../src/engine/snapshot/build.ts';
import { chainOf } from '../../src/engine/snapshot/chain.ts';
import { databaseStream } from '../../src/events/index.ts';
import type { World } from './world.ts';

/** The TXIDs of all restore points that are listed of a database; none when it does not live. */
export function pointsOf(world: World, db: string): bigint[] {
  const located = loadCatalogue(world.engine.log.sql, 'shop', db);
  if (located === null) return [];
  return [...listPoints(located.catalogue, { level0: true })].map(({ txid }) => txid);
}

/** The database file at a restore point, built as a download is. */
export async function bytesAt(
  world: World,
  db: string,
  txid: bigint,
  places: Partial<SnapshotPlaces> = {},
): Promise<Buffer> {
  const { sql } = world.engine.log;
  const located = loadCatalogue(sql, 'shop', db);
  if (located === null) throw new Error(`${db} does not live`);
  const { catalogue } = located;
  const files = [...catalogue.local, ...[...catalogue.replicas.values()].flat()];
  const last = files.find((file) => file.maxTxid === txid);
  if (last === undefined) throw new Error(`nothing ends at ${txid}`);
  const stream = databaseStream('shop', db, catalogue.incarnation);
  const pos = { txid, checksum: last.postApplyChecksum };
  const { pageSize, commit, effectiveTime } = last;
  const names = [...catalogue.replicas.keys()];
  const built = await buildSnapshot(
    { stream, format: 'sqlite', pos, pageSize, commit, effectiveTime },
    { ...world.places, ...places, chainTo: (...of) => chainOf(sql, ...of, names) },
  );
  try {
    const chunks: Uint8Array[] = [];
    for await (const chunk of built.chunks) chunks.push(Uint8Array.from(chunk));
    return Buffer.concat(chunks);
  } finally {
    await built.close();
  }
}
