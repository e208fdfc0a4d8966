import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { MERGE_INPUTS_MAX, mergeLtx } from '../../ltx/index.ts';
import type { ChainFile } from './chain.ts';
import type { DrilledFiles } from './drilled-files.ts';
import { type SnapshotInput, verifyInput } from './input.ts';
import { readOnce } from './read-once.ts';
import { ScratchFile } from './scratch-file.ts';

/** Opens stored files. */
export interface ChainOpening {
  open(file: ChainFile): Promise<SnapshotInput>;
  /** What drills say; left out, every file is read before it is used. */
  readonly drills?: DrilledFiles | undefined;
}

/** A chain that is open: at most MERGE_INPUTS_MAX inputs, in order. */
export interface OpenChain {
  readonly inputs: readonly SnapshotInput[];
  /** The file itself, where the chain is but one. */
  readonly only: ChainFile | null;
}

/**
 * Opens a chain of any length as at most MERGE_INPUTS_MAX inputs. Every stored file is checked against the log on
 * the way.
 */
export async function openChain(
  files: Iterable<ChainFile>,
  opening: ChainOpening,
  cacheDirectory: string,
): Promise<OpenChain> {
  let count = 0;
  let last: ChainFile | null = null;
  const opened = async function* (): AsyncGenerator<SnapshotInput> {
    for (const file of files) {
      yield await openVerified(file, opening);
      count++;
      last = file;
    }
  };
  const inputs = await atMostOneMerge(opened(), cacheDirectory);
  return { inputs, only: count === 1 ? last : null };
}

/**
 * Turns contiguous inputs into at most MERGE_INPUTS_MAX. Where there are more, neighbours of one rank are merged to
 * one of the next as soon as there are MERGE_INPUTS_MAX of them, so that what is open grows with the logarithm of
 * their number. When that fails, all are closed.
 */
export async function atMostOneMerge(
  inputs: AsyncIterable<SnapshotInput>,
  cacheDirectory: string,
): Promise<SnapshotInput[]> {
  const ranked: RankedInput[] = [];
  try {
    for await (const input of inputs) {
      ranked.push({ input, rank: 0 });
      while (isRankFull(ranked)) await mergeTail(ranked, cacheDirectory);
    }
    while (ranked.length > MERGE_INPUTS_MAX) await mergeTail(ranked, cacheDirectory);
    return ranked.map(({ input }) => input);
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

/** Replaces the last inputs, which are closed then, by their merge. */
async function mergeTail(ranked: RankedInput[], cacheDirectory: string): Promise<void> {
  const tail = ranked.slice(-MERGE_INPUTS_MAX);
  const inputs = tail.map(({ input }) => input);
  const merged = await mergeToOne(inputs, cacheDirectory);
  const rank = Math.max(...tail.map((each) => each.rank)) + 1;
  ranked.splice(-MERGE_INPUTS_MAX, MERGE_INPUTS_MAX, { input: merged, rank });
}

/** A restore reads a file that no disk of ours takes twice, once where a drill has found it right lately. */
async function openVerified(file: ChainFile, opening: ChainOpening): Promise<SnapshotInput> {
  const input = await opening.open(file);
  const { drills } = opening;
  const { drilled, sha256 } = file;
  try {
    if (input.isRemote && drilled !== undefined && drills?.isDrilled({ ...drilled, sha256 }))
      return readOnce(input, () => drills.doubt(sha256));
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
  cacheDirectory: string,
): Promise<SnapshotInput> {
  try {
    const sources = inputs.map((input) => input.chunks());
    return await writtenInput(mergeLtx(sources, { compress: true, lend: true }), cacheDirectory);
  } finally {
    await closeAll(inputs);
  }
}

/** Keeps a file as it comes, to be read again until it is closed. */
export async function writtenInput(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  cacheDirectory: string,
): Promise<SnapshotInput> {
  const scratch = new ScratchFile(join(cacheDirectory, `${randomUUID()}.ltx`));
  try {
    for await (const chunk of chunks) await scratch.add(chunk);
    await scratch.end();
    return await scratch.open();
  } finally {
    await scratch.discard();
  }
}
