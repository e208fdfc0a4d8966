import { createHash } from 'node:crypto';
import type { StoredFile } from '../../compactor/plan/types.ts';
import type { FileSource } from '../../compactor/run/catalogue.ts';
import { onReplica } from '../../compactor/run/job-error.ts';
import type { ReplicaSet } from '../../compactor/run/replica-set.ts';
import { LtxReader, type PageBatch } from '../../ltx/index.ts';
import { corrupt, drillErrorOf, keyOf } from './drill-error.ts';
import type { DrilledFile } from './messages.ts';

export interface ReadOptions {
  readonly replicas: ReplicaSet;
  /** Called before each chunk; what it throws ends the reading. */
  readonly checkWanted: () => void;
  /** Gets the pages, before the file is proven. */
  readonly onPages: (batch: PageBatch) => void;
}

export function drilledFile({ level, minTxid, maxTxid, sizeBytes }: StoredFile): DrilledFile {
  if (level === 0) throw new Error('level 0 is on no replica');
  return { level, minTxid, maxTxid, sizeBytes };
}

/**
 * Reads a file of a replica once, to its end, and holds it to every rule of its format and to its SHA-256.
 * @throws DrillError
 */
export async function readStoredFile(
  stored: StoredFile,
  source: FileSource,
  options: ReadOptions,
): Promise<DrilledFile> {
  const file = drilledFile(stored);
  const key = keyOf(source);
  let sha256: string;
  try {
    sha256 = await decode(source, options);
  } catch (error) {
    throw drillErrorOf(error, file, key) ?? error;
  }
  if (sha256 === source.sha256) return file;
  throw corrupt(`${key} has SHA-256 ${sha256}, the log says ${source.sha256}`, file);
}

async function decode(
  { place }: FileSource,
  { replicas, checkWanted, onPages }: ReadOptions,
): Promise<string> {
  if (place.kind !== 'replica') throw new Error('a drill reads from a replica');
  return onReplica(place.replica, async () => {
    const body = await (await replicas.get(place.replica)).get(place.key, { lend: true });
    const hash = createHash('sha256');
    const reader = await LtxReader.open(watched(body, hash, checkWanted));
    try {
      for (let batch = await reader.next(); batch !== undefined; batch = await reader.next()) onPages(batch);
    } finally {
      await reader.close();
    }
    return hash.digest('hex');
  });
}

async function* watched(
  body: AsyncIterable<Uint8Array>,
  hash: { update(chunk: Uint8Array): unknown },
  checkWanted: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of body) {
    checkWanted();
    hash.update(chunk);
    yield chunk;
  }
}
