import type { Bandwidth, StorageConfig } from '../../config/index.ts';
import { openReplica, StorageMeter, s3SettingsFrom } from '../../storage/index.ts';
import type { ReplicaUrl } from './messages.ts';
import { metadataFromFile } from './metadata.ts';
import type { MeterMemory } from './meters.ts';
import { ReplicaSet, unknownReplica } from './replica-set.ts';
import { READING_THREADS, STORAGE_WORKERS } from './worker-limits.ts';

/** The configured replicas, with retries, timeouts and metering, each opened when it is first needed. */
export function openReplicas(
  replicas: readonly ReplicaUrl[],
  s3: StorageConfig['s3'],
  /** Where this thread counts; what is not there is not counted. */
  meters: MeterMemory = {},
  bandwidth?: StorageConfig['bandwidth'],
): ReplicaSet {
  return new ReplicaSet(async (name) => {
    const found = replicas.find((replica) => replica.name === name);
    if (found === undefined) throw unknownReplica(name);
    const memory = meters[name];
    const meter = memory === undefined ? undefined : new StorageMeter(Date.now, memory);
    const options = { s3: s3SettingsFrom(s3), readMetadata: metadataFromFile, meter };
    return openReplica(found.url, { ...options, bandwidth: bandwidth && shareOf(bandwidth) });
  });
}

/** Of what the server may send and take, the part of one thread: threads know nothing of each other. */
function shareOf({ uploadBytesPerSecond, downloadBytesPerSecond }: Bandwidth): Bandwidth {
  const part = (rate: number | undefined, threads: number) =>
    rate === undefined ? undefined : Math.max(1, Math.floor(rate / threads));
  return {
    uploadBytesPerSecond: part(uploadBytesPerSecond, STORAGE_WORKERS),
    downloadBytesPerSecond: part(downloadBytesPerSecond, READING_THREADS),
  };
}
