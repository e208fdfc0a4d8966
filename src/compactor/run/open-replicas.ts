import type { StorageConfig } from '../../config/index.ts';
import { openReplica, StorageMeter, s3SettingsFrom } from '../../storage/index.ts';
import type { ReplicaUrl } from './messages.ts';
import { metadataFromFile } from './metadata.ts';
import type { MeterMemory } from './meters.ts';
import { ReplicaSet, unknownReplica } from './replica-set.ts';

/** The configured replicas, with retries, timeouts and metering, each opened when it is first needed. */
export function openReplicas(
  replicas: readonly ReplicaUrl[],
  s3: StorageConfig['s3'],
  /** Where this thread counts; what is not there is not counted. */
  meters: MeterMemory = {},
): ReplicaSet {
  return new ReplicaSet(async (name) => {
    const found = replicas.find((replica) => replica.name === name);
    if (found === undefined) throw unknownReplica(name);
    const memory = meters[name];
    const meter = memory === undefined ? undefined : new StorageMeter(Date.now, memory);
    return openReplica(found.url, { s3: s3SettingsFrom(s3), readMetadata: metadataFromFile, meter });
  });
}
