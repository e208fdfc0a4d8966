import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { SnapshotInput } from '../../engine/snapshot/input.ts';
import { closeAll, mergeToOne } from '../../engine/snapshot/reduce.ts';
import { ScratchFile } from '../../engine/snapshot/scratch-file.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid, LtxDecoder, mergeLtx } from '../../ltx/index.ts';
import type { PlannedFile } from '../plan/actions.ts';
import { type Pass, planPasses } from '../plan/passes.ts';
import { BuildInputs, type BuildPlaces } from './build-inputs.ts';
import { openVerified } from './sources.ts';
import type { BuildTask } from './tasks.ts';

/**
 * Makes a file as its plan says, in bounded memory: every input is held to its SHA-256, and what comes out is
 * decoded and held to the plan. The file is the caller's to discard.
 * @throws LfsbError `ECORRUPT`, JobError, LtxError; nothing is left behind then
 */
export async function makeFile(task: BuildTask, places: BuildPlaces): Promise<ScratchFile> {
  const making = new Making(task, places);
  try {
    const passes = planPasses(making.count);
    const last = passes.pop() ?? [];
    for (const [index, pass] of passes.entries()) await making.merge(index, pass);
    return await making.finish(last);
  } finally {
    await making.close();
  }
}

/** One file on its way through the passes that make it. */
class Making {
  readonly #task: BuildTask;
  readonly #places: BuildPlaces;
  readonly #inputs: BuildInputs;
  /** What passes wrote and no pass has read yet. */
  readonly #merged = new Map<number, SnapshotInput>();

  constructor(task: BuildTask, places: BuildPlaces) {
    this.#task = task;
    this.#places = places;
    this.#inputs = new BuildInputs(task.inputs);
  }

  get count(): number {
    return this.#inputs.count;
  }

  async merge(index: number, pass: Pass): Promise<void> {
    const inputs = await this.#open(pass);
    this.#merged.set(index, await mergeToOne(inputs, false, this.#places.cacheDirectory));
  }

  async finish(pass: Pass): Promise<ScratchFile> {
    const inputs = await this.#open(pass);
    const scratch = new ScratchFile(join(this.#places.cacheDirectory, `${randomUUID()}.build`));
    try {
      await writeChecked(chunksOf(this.#task, inputs), this.#task.output, scratch);
      return scratch;
    } catch (error) {
      await scratch.discard();
      throw error;
    } finally {
      await closeAll(inputs);
    }
  }

  async close(): Promise<void> {
    await closeAll([...this.#merged.values()]);
  }

  async #open(pass: Pass): Promise<SnapshotInput[]> {
    const opened: SnapshotInput[] = [];
    try {
      for (const { kind, index } of pass) {
        opened.push(kind === 'pass' ? this.#take(index) : await this.#openInput(index));
      }
      return opened;
    } catch (error) {
      await closeAll(opened);
      throw error;
    }
  }

  #openInput(index: number): Promise<SnapshotInput> {
    return openVerified(this.#inputs.sourceOf(index, this.#places.sql), this.#places);
  }

  #take(index: number): SnapshotInput {
    const merged = this.#merged.get(index);
    if (merged === undefined) throw new Error(`a pass reads pass ${index}, which has not been`);
    this.#merged.delete(index);
    return merged;
  }
}

function chunksOf(task: BuildTask, inputs: readonly SnapshotInput[]): AsyncIterable<Uint8Array> {
  const sources = inputs.map((input) => input.chunks());
  const [only] = sources;
  if (task.isCopy && only !== undefined) return copies(only);
  const timestampMs = BigInt(task.output.effectiveTime);
  return mergeLtx(sources, { compress: true, asSnapshot: task.asSnapshot, timestampMs });
}

/** Chunks that are their taker's own: those of an input are used again. */
async function* copies(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.slice();
}

async function writeChecked(
  chunks: AsyncIterable<Uint8Array>,
  output: PlannedFile,
  scratch: ScratchFile,
): Promise<void> {
  const decoder = new LtxDecoder();
  for await (const chunk of chunks) {
    decoder.write(chunk);
    await scratch.add(chunk);
  }
  const { postApplyChecksum } = decoder.end();
  await scratch.end();
  checkOutput(output, decoder, postApplyChecksum);
}

/** A file that is not the planned one is not stored, whatever made it. */
function checkOutput(output: PlannedFile, { header }: LtxDecoder, postApplyChecksum: bigint): void {
  const same =
    header !== undefined &&
    header.minTxid === output.minTxid &&
    header.maxTxid === output.maxTxid &&
    header.pageSize === output.pageSize &&
    header.commit === output.commit &&
    header.preApplyChecksum === output.preApplyChecksum &&
    header.timestampMs === BigInt(output.effectiveTime) &&
    postApplyChecksum === output.postApplyChecksum;
  if (same) return;
  const name = `${formatTxid(output.minTxid)}-${formatTxid(output.maxTxid)}`;
  throw new LfsbError('ECORRUPT', `what was built for ${name} is not what was planned`);
}
