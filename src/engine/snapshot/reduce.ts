import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { MERGE_INPUTS_MAX, mergeLtx } from '../../ltx/index.ts';
import type { ChainFile } from './chain.ts';
import { type SnapshotInput, verifyInput } from './input.ts';
import { ScratchFile } from './scratch-file.ts';

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
  const merged = await mergeToOne(inputs, asSnapshot, cacheDirectory);
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

/** Merges inputs, which are closed then, to one intermediate, which goes when it is closed. */
export async function mergeToOne(
  inputs: readonly SnapshotInput[],
  asSnapshot: boolean,
  cacheDirectory: string,
): Promise<SnapshotInput> {
  const scratch = new ScratchFile(join(cacheDirectory, `${randomUUID()}.ltx`));
  try {
    const sources = inputs.map((input) => input.chunks());
    for await (const chunk of mergeLtx(sources, { compress: true, asSnapshot })) await scratch.add(chunk);
    await scratch.end();
    return await scratch.open();
  } finally {
    await closeAll(inputs);
    await scratch.discard();
  }
}
