import { createHash, type Hash, randomUUID } from 'node:crypto';
import { open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { checkSha256, fileInput, type SnapshotInput } from '../../engine/snapshot/input.ts';
import { closeAll, mergeToOne } from '../../engine/snapshot/reduce.ts';
import { DATABASE_INPUTS_MAX, MERGE_INPUTS_MAX } from '../../ltx/index.ts';
import { isNotStored, type Replica } from '../../storage/index.ts';
import { writeAhead } from '../../storage/sync-ahead.ts';
import type { FoundChain } from './find.ts';
import { type FileHead, GoneError } from './heads.ts';
import type { ListedFile } from './listing.ts';

/** What inputs are opened with. */
export interface InputPlaces {
  readonly replica: Replica;
  /** The replica's own folder, where it is one of this machine: nothing is gained by copying from it first. */
  readonly folder: string | null;
  /** Where files are fetched to and merged in: as much room as what is fetched. */
  readonly scratchDirectory: string;
  /** Files that are fetched at once. */
  readonly parallelism: number;
  /** Told of bytes as they are read. */
  readonly onBytes: (count: number) => void;
}

/** Bytes read at once of the first file, a whole database, and of each after it: there may be many, and they are small. */
const READ_BYTES = { first: 256 * 1024, other: 32 * 1024 };

/**
 * Opens the files of a chain, at most DATABASE_INPUTS_MAX inputs of one merge. What does not have the SHA-256
 * that its replica says is refused; that it is a whole LTX file is the merge's to find.
 * @throws GoneError for a file that went meanwhile; LfsbError `ECORRUPT`; StorageError
 */
export async function openInputs(chain: FoundChain, places: InputPlaces): Promise<SnapshotInput[]> {
  const links = chain.files.map((file, i) => ({ file, head: chain.heads[i]!, isFirst: i === 0 }));
  const merged = mergedFirst(links.length);
  const inputs = await openAll(links.slice(0, links.length - merged), places);
  try {
    // A group at a time, so that a chain of any length needs few descriptors.
    for (let at = links.length - merged; at < links.length; at += MERGE_INPUTS_MAX) {
      const group = await openAll(links.slice(at, at + MERGE_INPUTS_MAX), places);
      inputs.push(await mergeToOne(group, places.scratchDirectory));
    }
    return await atMostOneMerge(inputs, places.scratchDirectory);
  } catch (error) {
    await closeAll(inputs);
    throw error;
  }
}

/** How many of a chain's files are merged first, the last ones since they are the smallest: as few as will do. */
function mergedFirst(count: number): number {
  const over = Math.max(0, count - DATABASE_INPUTS_MAX);
  return Math.min(count - 1, over + Math.ceil(over / (MERGE_INPUTS_MAX - 1)));
}

interface Link {
  readonly file: ListedFile;
  readonly head: FileHead;
  /** The first of a chain, a whole database. */
  readonly isFirst: boolean;
}

async function openAll(links: readonly Link[], places: InputPlaces): Promise<SnapshotInput[]> {
  const inputs: SnapshotInput[] = [];
  for (let at = 0; at < links.length; at += places.parallelism) {
    const some = links.slice(at, at + places.parallelism);
    const opened = await Promise.allSettled(some.map((link) => openOne(link, places)));
    for (const each of opened) if (each.status === 'fulfilled') inputs.push(each.value);
    const failed = opened.find((each) => each.status === 'rejected');
    if (failed === undefined) continue;
    await closeAll(inputs);
    throw failed.reason;
  }
  return inputs;
}

const openOne = (link: Link, places: InputPlaces): Promise<SnapshotInput> =>
  places.folder === null ? fetched(link, places) : inFolder(link, places.folder, places);

const inputAt = (path: string, { isFirst }: Link, sha256: string): Promise<SnapshotInput> =>
  fileInput(path, sha256, READ_BYTES[isFirst ? 'first' : 'other']);

/** Open from now on, also when its name goes. */
async function inFolder(link: Link, folder: string, { onBytes }: InputPlaces): Promise<SnapshotInput> {
  const { key } = link.file;
  const input = await inputAt(join(folder, key), link, '').catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' ? new GoneError(key) : error;
  });
  return { ...input, chunks: () => counted(input.chunks(), onBytes) };
}

async function* counted(
  chunks: AsyncIterable<Uint8Array>,
  onBytes: InputPlaces['onBytes'],
): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    onBytes(chunk.byteLength);
    yield chunk;
  }
}

/** Fetched to a file without a name, which goes when it is closed. */
async function fetched(link: Link, places: InputPlaces): Promise<SnapshotInput> {
  const { file, head } = link;
  const path = join(places.scratchDirectory, `${randomUUID()}.get`);
  const handle = await open(path, 'wx');
  try {
    const hash = createHash('sha256');
    const body = await places.replica.get(file.key, { lend: true }).catch((error: unknown) => {
      throw isNotStored(error) ? new GoneError(file.key) : error;
    });
    await writeAhead(handle, hashed(counted(body, places.onBytes), hash));
    const found = hash.digest('hex');
    checkSha256(found, head.sha256 ?? found);
    return await inputAt(path, link, found);
  } finally {
    await handle.close();
    await unlink(path);
  }
}

async function* hashed(chunks: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** Merges neighbours until one merge takes all. The first, a whole database and so the largest, stays out. */
async function atMostOneMerge(inputs: SnapshotInput[], scratchDirectory: string): Promise<SnapshotInput[]> {
  while (inputs.length > DATABASE_INPUTS_MAX) {
    for (let at = 1; at < inputs.length; at++) {
      const group = inputs.slice(at, at + MERGE_INPUTS_MAX);
      const merged = await mergeToOne(group, scratchDirectory);
      inputs.splice(at, group.length, merged);
    }
  }
  return inputs;
}
