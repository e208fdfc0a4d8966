import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { SnapshotInput } from '../../engine/snapshot/input.ts';
import { atMostOneMerge, closeAll } from '../../engine/snapshot/reduce.ts';
import { ScratchFile } from '../../engine/snapshot/scratch-file.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid, LtxDecoder, type LtxFold, mergeLtx } from '../../ltx/index.ts';
import type { PlannedFile } from '../plan/actions.ts';
import { type BuildPlaces, openInputs } from './build-inputs.ts';
import type { BuildTask } from './tasks.ts';

/**
 * Makes a file as its plan says, in bounded memory: every input is held to its SHA-256, and what comes out is
 * decoded and held to the plan. The file is the caller's to discard.
 * @param fold which nobody else uses meanwhile
 * @throws LfsbError `ECORRUPT`, JobError, LtxError; nothing is left behind then
 */
export async function makeFile(task: BuildTask, places: BuildPlaces, fold: LtxFold): Promise<ScratchFile> {
  const { cacheDirectory } = places;
  const inputs = await atMostOneMerge(openInputs(task.inputs, places, fold), cacheDirectory);
  const scratch = new ScratchFile(join(cacheDirectory, `${randomUUID()}.build`));
  try {
    await writeChecked(chunksOf(task, inputs), task.output, scratch);
    return scratch;
  } catch (error) {
    await scratch.discard();
    throw error;
  } finally {
    await closeAll(inputs);
  }
}

function chunksOf(task: BuildTask, inputs: readonly SnapshotInput[]): AsyncIterable<Uint8Array> {
  const sources = inputs.map((input) => input.chunks());
  const [only] = sources;
  if (task.isCopy && only !== undefined) return only;
  const timestampMs = BigInt(task.output.effectiveTime);
  return mergeLtx(sources, { compress: true, asSnapshot: task.asSnapshot, timestampMs, lend: true });
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
