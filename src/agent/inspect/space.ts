import type { ReplicaConfig } from '../../config/litestream/types.ts';
import type { ReplicaSpace } from '../../storage/index.ts';
import { openPlace, type PlaceOptions } from '../restore/open-place.ts';

/** How long a replica may take to say how much room it has, ms. */
const SPACE_MS_MAX = 10_000;

/** Room on a replica; null where it does not say. Rejects as the place does, or when it takes too long. */
export async function readSpace(config: ReplicaConfig, options: PlaceOptions): Promise<ReplicaSpace | null> {
  const replica = await openPlace(config, options);
  if (replica === null) return null;
  try {
    return await replica.space({ signal: AbortSignal.timeout(SPACE_MS_MAX) });
  } finally {
    await replica.close();
  }
}
