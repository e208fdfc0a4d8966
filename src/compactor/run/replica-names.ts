import { pathToFileURL } from 'node:url';
import { LfsbError } from '../../errors/index.ts';
import { REPLICA_NAME_CHARS_MAX } from '../../events/bodies/limits.ts';
import { parseReplicaUrl } from '../../storage/index.ts';
import type { ConfiguredReplica } from './context.ts';

/** What the replica in the data directory is called: wherever the directory is moved, it is the same one. */
export const STORE_NAME = 'store';

/**
 * The replicas of a configuration, checked. A name is in the log for years: it is the URL, without a slash at
 * its end. The first is required.
 * @param storeDirectory where transactions go when no replica is configured
 * @throws LfsbError `ECONFIG`
 */
export function namedReplicas(urls: readonly string[], storeDirectory: string): ConfiguredReplica[] {
  if (urls.length === 0) {
    return [{ name: STORE_NAME, url: pathToFileURL(storeDirectory).href, required: true }];
  }
  const named = urls.map((url, at) => {
    parseReplicaUrl(url);
    const name = url.replace(/\/+$/, '');
    if (name.length > REPLICA_NAME_CHARS_MAX) {
      throw new LfsbError(
        'ECONFIG',
        `a replica's URL has ${name.length} characters, at most ${REPLICA_NAME_CHARS_MAX} are taken`,
      );
    }
    return { name, url, required: at === 0 };
  });
  if (new Set(named.map(({ name }) => name)).size !== named.length) {
    throw new LfsbError('ECONFIG', 'LFSB_REPLICAS names a replica twice');
  }
  return named;
}
