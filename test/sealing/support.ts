import { gunzipSync } from 'node:zlib';
import { gather } from '../../src/storage/bytes.ts';
import type { Replica } from '../../src/storage/index.ts';
import type { World } from '../compactor-run/world.ts';

export const read = async (replica: Replica, key: string): Promise<Buffer> => {
  const body = await replica.get(key);
  return gather(body, body.sizeBytes);
};

/** The lines of a segment, its first line apart. */
export async function linesOf(replica: Replica, key: string): Promise<{ header: object; events: string[] }> {
  const text = gunzipSync(await read(replica, key)).toString('utf8');
  const [header = '', ...events] = text.split('\n').slice(0, -1);
  return { header: JSON.parse(header) as object, events };
}

/** The texts of the log, oldest first. */
export const texts = (world: World): string[] =>
  world.engine.log.sql
    .all<{ canonical: string }>('SELECT canonical FROM event ORDER BY seq')
    .map(({ canonical }) => canonical);

/** Keys of the log's segments on a replica. */
export const segmentsOn = (world: World, replica = 'one'): Promise<string[]> =>
  world.keys(replica, '.lfsb/log/');

/** Where the segments of a replica begin and end. */
export const bounds = (keys: readonly string[]): [number, number][] =>
  keys.map((key) => {
    const [first = '', last = ''] = key.slice('.lfsb/log/'.length).split('.')[0]!.split('-');
    return [Number.parseInt(first, 16), Number.parseInt(last, 16)];
  });

/** What the log's events are, between sealing's own. */
export const OWN_TYPES = ['log.sealed', 'checkpoint.stored', 'checkpoint.expired'];
