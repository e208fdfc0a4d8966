import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MERGE_INPUTS_MAX, mergeLtx } from '../../ltx/index.ts';
import type { ChainFile } from './chain.ts';
import { fileInput, type SnapshotInput, verifyInput } from './input.ts';

/** Opens a stored file. */
export type OpenInput = (file: ChainFile) => Promise<SnapshotInput>;

/** A chain that is open: at most MERGE_INPUTS_MAX inputs, in order. */
export interface OpenChain {
  readonly inputs: readonly SnapshotInput[];
  /** The file itself, where the chain is but one. */
  readonly only: ChainFile | null;
}

/**
 * Opens a chain of any length as at most MERGE_INPUTS_MAX inputs. Where there are more, neighbours of one rank are
 * merged to one of the next as soon as there are MERGE_INPUTS_MAX of them, so that descriptors grow with the
 * logarithm of the length. Every stored file is checked against the log on the way.
 */
export async function openChain(
  files: Iterable<ChainFile>,
  openInput: OpenInput,
  cacheDirectory: string,
): Promise<OpenChain> {
  const ranked: RankedInput[] = [];
  let count = 0;
  let last: ChainFile | null = null;
  try {
    for (const file of files) {
      ranked.push({ input: await openVerified(file, openInput), rank: 0 });
      count++;
      last = file;
      while (isRankFull(ranked)) await mergeTail(ranked, MERGE_INPUTS_MAX, cacheDirectory);
    }
    while (ranked.length > MERGE_INPUTS_MAX) await mergeTail(ranked, MERGE_INPUTS_MAX, cacheDirectory);
    return { inputs: ranked.map(({ input }) => input), only: count === 1 ? last : null };
  } catch (error) {
    await closeAll(ranked.map(({ input }) => input));
    throw error;
  }
}

/** An input, and how many times it went through a merge. */
interface RankedInput {
  readonly input: SnapshotInput;
  readonly rank: number;
}

/** Whether the last inputs are due to be merged. The first one, a whole database and so the largest, stays out. */
function isRankFull(ranked: readonly RankedInput[]): boolean {
  const rank = ranked.at(-1)?.rank;
  return ranked.length > MERGE_INPUTS_MAX && ranked.at(-MERGE_INPUTS_MAX)?.rank === rank;
}

/** Replaces the last `count` inputs, which are closed then, by their merge. */
async function mergeTail(ranked: RankedInput[], count: number, cacheDirectory: string): Promise<void> {
  const tail = ranked.slice(-count);
  const asSnapshot = tail.length === ranked.length;
  const inputs = tail.map(({ input }) => input);
  const merged = await mergeToFile(inputs, asSnapshot, cacheDirectory);
  ranked.splice(-count, count, { input: merged, rank: Math.max(...tail.map(({ rank }) => rank)) + 1 });
}

async function openVerified(file: ChainFile, openInput: OpenInput): Promise<SnapshotInput> {
  const input = await openInput(file);
  try {
    await verifyInput(input);
    return input;
  } catch (error) {
    await input.close();
    throw error;
  }
}

export async function closeAll(inputs: readonly SnapshotInput[]): Promise<void> {
  await Promise.allSettled(inputs.map((input) => input.close()));
}

/** Merges inputs, which are closed then, to one intermediate file, whose name is gone when it is open. */
export async function mergeToFile(
  inputs: readonly SnapshotInput[],
  asSnapshot: boolean,
  cacheDirectory: string,
): Promise<SnapshotInput> {
  const path = join(cacheDirectory, `${randomUUID()}.ltx`);
  const handle = await open(path, 'wx');
  try {
    const sha256 = await writeMerged(inputs, asSnapshot, handle);
    return await fileInput(path, sha256);
  } finally {
    await closeAll(inputs);
    await handle.close();
    await unlink(path);
  }
}

async function writeMerged(
  inputs: readonly SnapshotInput[],
  asSnapshot: boolean,
  handle: FileHandle,
): Promise<string> {
  const hash = createHash('sha256');
  const sources = inputs.map((input) => input.chunks());
  for await (const chunk of mergeLtx(sources, { compress: true, asSnapshot })) {
    hash.update(chunk);
    for (let at = 0; at < chunk.byteLength; ) at += (await handle.write(chunk, at)).bytesWritten;
  }
  return hash.digest('hex');
}
