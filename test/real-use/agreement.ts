import type { Replica } from '../../src/storage/index.ts';
import type { HttpClient } from '../support/http-client.ts';
import { rebuild } from './bucket.ts';
import type { DataDirectory } from './litefs/data-directory.ts';

/** Where a primary, its server and the bucket do not hold the same bytes at the same position; empty: nowhere. */
export async function differences(
  client: HttpClient,
  replica: Replica,
  { databases }: DataDirectory,
): Promise<string[]> {
  const positions = await client.positions();
  const wrong: string[] = [];
  for (const name of new Set([...Object.keys(positions), ...databases.keys()])) {
    const mine = databases.get(name);
    if (mine === undefined) {
      wrong.push(`${name}: the primary lacks it`);
      continue;
    }
    const { status, body } = await client.snapshot(name, 'sqlite');
    // Of a database that was dropped there is no SQLite file.
    const served = status === 200 ? body : Buffer.alloc(0);
    if (!served.equals(mine.image)) wrong.push(`${name}: the server holds something else`);
    const rebuilt = await rebuild(replica, client.cluster, name);
    const same = rebuilt?.image.equals(mine.image) === true && rebuilt.txid === mine.pos.txid;
    if (!same) wrong.push(`${name}: the bucket is at ${rebuilt?.txid}, the primary at ${mine.pos.txid}`);
  }
  return wrong;
}
