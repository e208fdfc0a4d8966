import type { Bandwidth } from '../../config/index.ts';
import { type OpenOptions, openReplica, StorageMeter, s3SettingsFrom } from '../../storage/index.ts';
import type { ReplicaState, StorageWorkerData } from './messages.ts';
import { metadataFromFile } from './metadata.ts';
import { ReplicaSet, unknownReplica } from './replica-set.ts';
import { READING_THREADS, STORAGE_WORKERS } from './worker-limits.ts';

type Opening = Pick<StorageWorkerData, 'replicas' | 's3' | 'sftp' | 'meters' | 'bandwidth'>;

/**
 * The configured replicas, with retries, timeouts and metering, each opened when it is first needed. What is not
 * in `meters`, where this thread counts, is not counted.
 * @param onState told once a change: a thread has no log
 * @param options `mustBeThere` for a thread that only reads: what is stored was stored by another
 */
export function openReplicas(
  { replicas, s3, sftp, meters = {}, bandwidth }: Opening,
  onState: (state: ReplicaState) => void,
  options: Pick<OpenOptions, 'mustBeThere'> = {},
): ReplicaSet {
  return new ReplicaSet(async (name) => {
    const found = replicas.find((replica) => replica.name === name);
    if (found === undefined) throw unknownReplica(name);
    const memory = meters[name];
    const meter = memory === undefined ? undefined : new StorageMeter(Date.now, memory);
    return openReplica(found.url, {
      ...options,
      ...{ s3: s3SettingsFrom(s3), sftp, readMetadata: metadataFromFile, meter },
      onState: (state) => onState({ type: 'replica', id: 0, replica: name, ...state }),
      bandwidth: bandwidth && shareOf(bandwidth),
    });
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
