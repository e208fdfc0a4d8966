import type { StorageConfig } from '../../config/index.ts';
import { openReplica, type StorageMeter, s3SettingsFrom } from '../../storage/index.ts';
import type { ReplicaUrl } from './messages.ts';
import { metadataFromFile } from './metadata.ts';
import { ReplicaSet, unknownReplica } from './replica-set.ts';

/** The configured replicas, with retries, timeouts and metering, each opened when it is first needed. */
export function openReplicas(
  replicas: readonly ReplicaUrl[],
  s3: StorageConfig['s3'],
  meter?: StorageMeter,
): ReplicaSet {
  return new ReplicaSet(async (name) => {
    const found = replicas.find((replica) => replica.name === name);
    if (found === undefined) throw unknownReplica(name);
    return openReplica(found.url, { s3: s3SettingsFrom(s3), readMetadata: metadataFromFile, meter });
  });
}
