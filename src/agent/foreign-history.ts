import { LfsbError } from '../errors/index.ts';
import { loadDatabase } from '../projections/databases.ts';
import { StorageError } from '../storage/index.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { ReplicatedDatabase } from './replicated-database.ts';
import { listFiles } from './restore/listing.ts';

/**
 * Refuses to begin a history where a replica holds one that the log knows nothing of: both would have the same TXIDs,
 * and the newest point by TXID would be the old history's. A replica that does not answer is not waited for.
 * @throws LfsbError `EPOSMISMATCH`
 */
export async function requireOwnReplicas({ sql, name, plan }: ReplicatedDatabase): Promise<void> {
  if (loadDatabase(sql, AGENT_CLUSTER, name) !== null) return;
  for (const { url, open } of plan.replicas) {
    if (!(await holdsFiles(open))) continue;
    throw new LfsbError(
      'EPOSMISMATCH',
      `${url} holds a history of which the log in ${plan.metaDirectory} knows nothing`,
      {
        hint: 'give the replica a new folder, or put the log back',
      },
    );
  }
}

async function holdsFiles(open: ReplicatedDatabase['plan']['replicas'][number]['open']): Promise<boolean> {
  try {
    const replica = await open();
    try {
      return (await listFiles(replica)).length > 0;
    } finally {
      await replica.close();
    }
  } catch (error) {
    if (error instanceof StorageError) return false;
    throw error;
  }
}
