import { randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileInput, memoryInput, type SnapshotInput, verifyInput } from '../../engine/snapshot/input.ts';
import { LfsbError } from '../../errors/index.ts';
import { writeAhead } from '../../storage/sync-ahead.ts';
import type { FileSource } from './catalogue.ts';
import type { FreshFiles } from './fresh-files.ts';
import { failureOf, JobError, onReplica } from './job-error.ts';
import type { ReplicaSet } from './replica-set.ts';

/**
 * Largest file of a replica that is fetched to disk before it is read, bytes; larger ones are read there, twice unless a
 * drill has read them lately (`DRILL_GOOD_FOR_MS`).
 */
export const FETCHED_BYTES_MAX = 4 * 1024 ** 3;

/** Where the bytes of stored files are found. */
export interface SourcePlaces {
  readonly spoolDirectory: string;
  readonly cacheDirectory: string;
  /** The bytes of a payload that rode in its commit. */
  readonly payloadBytes: (seq: number) => Uint8Array | null;
  readonly replicas: ReplicaSet;
  readonly fresh: FreshFiles;
  /** `FETCHED_BYTES_MAX`, unless a test says otherwise. */
  readonly fetchedBytesMax?: number;
}

/**
 * Opens a stored file, wherever it is, and holds it to the SHA-256 that the log says.
 * @throws LfsbError `ECORRUPT`; JobError for a replica that does not give it, or gives something else
 */
export function openVerified(source: FileSource, places: SourcePlaces): Promise<SnapshotInput> {
  return suspecting(source, async () => {
    const input = await openSource(source, places);
    try {
      await verifyInput(input);
      return input;
    } catch (error) {
      await input.close();
      throw error;
    }
  });
}

/** Reads a file, and remembers which one of a replica it was that is not there, or not what the log says. */
export async function suspecting<T>({ place }: FileSource, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isOfFile = error instanceof LfsbError && error.code === 'ECORRUPT';
    if (!isOfFile || place.kind !== 'replica') throw error;
    const { replica, key } = place;
    throw new JobError({ ...failureOf(error), suspect: { replica, key } });
  }
}

/**
 * Opens a stored file, wherever it is. What it holds is the caller's to verify.
 * @throws LfsbError `ECORRUPT` when it is not there; JobError for a replica that does not answer
 */
export async function openSource(source: FileSource, places: SourcePlaces): Promise<SnapshotInput> {
  const { place, sha256 } = source;
  if (place.kind === 'replica') return openOnReplica(source, place, places);
  if (place.kind === 'spool') {
    const path = join(places.spoolDirectory, place.name);
    return fileInput(path, sha256).catch((cause: NodeJS.ErrnoException) => {
      throw cause.code === 'ENOENT' ? missing(source, cause) : cause;
    });
  }
  const bytes = places.payloadBytes(place.seq);
  if (bytes === null) throw missing(source);
  return memoryInput(bytes, sha256);
}

export const missing = ({ sha256 }: FileSource, cause?: unknown): LfsbError =>
  new LfsbError('ECORRUPT', `the payload with SHA-256 ${sha256} is missing`, { cause });

type OnReplica = Extract<FileSource['place'], { kind: 'replica' }>;

async function openOnReplica(
  source: FileSource,
  place: OnReplica,
  places: SourcePlaces,
): Promise<SnapshotInput> {
  const fresh = await places.fresh.open(source.sha256);
  if (fresh !== null) return fresh;
  const { fetchedBytesMax = FETCHED_BYTES_MAX } = places;
  if (source.sizeBytes > fetchedBytesMax) return remoteInput(source, place, places);
  return fetched(source, place, places);
}

/** Too large for the disk: read from the replica each time. */
function remoteInput(
  { sizeBytes, sha256 }: FileSource,
  place: OnReplica,
  places: SourcePlaces,
): SnapshotInput {
  const chunks = async function* () {
    yield* await bodyOf(place, places);
  };
  return { sizeBytes, sha256, isRemote: true, chunks, close: async () => {} };
}

const bodyOf = (place: OnReplica, { replicas }: SourcePlaces) =>
  there(place, async () => (await replicas.get(place.replica)).get(place.key, { lend: true }));

/** A replica that has lost one file is not failing: it is the backup of one database that is damaged. */
async function there<T>({ replica, key }: OnReplica, work: () => Promise<T>): Promise<T> {
  try {
    return await onReplica(replica, work);
  } catch (cause) {
    if (!(cause instanceof JobError) || cause.code !== 'ENOTSTORED') throw cause;
    throw new LfsbError('ECORRUPT', `${key} is not on ${replica}, and the log says that it is`, { cause });
  }
}

/** Fetched to a file without a name, which goes when it is closed. */
async function fetched(source: FileSource, place: OnReplica, places: SourcePlaces): Promise<SnapshotInput> {
  const path = join(places.cacheDirectory, `${randomUUID()}.get`);
  const handle = await open(path, 'wx');
  try {
    await there(place, async () => {
      await writeAhead(handle, await bodyOf(place, places));
    });
    return await fileInput(path, source.sha256);
  } finally {
    await handle.close();
    await unlink(path);
  }
}
