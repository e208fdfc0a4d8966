import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { atMostOneMerge, closeAll } from '../../engine/snapshot/reduce.ts';
import { ScratchFile } from '../../engine/snapshot/scratch-file.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid, LtxDecoder, type LtxFold, mergeLtx } from '../../ltx/index.ts';
import type { PlannedFile } from '../plan/actions.ts';
import { type BuildPlaces, openInputs } from './build-inputs.ts';
import { type FileEnds, soleSource, writeRelabelled } from './sole-input.ts';
import { openSource, suspecting } from './sources.ts';
import type { BuildTask } from './tasks.ts';

/**
 * Makes a file as its plan says, in bounded memory: every input is held to its SHA-256, and what comes out is
 * decoded and held to the plan. The file is the caller's to discard.
 * @param fold which nobody else uses meanwhile
 * @throws LfsbError `ECORRUPT`, JobError, LtxError; nothing is left behind then
 */
export async function makeFile(task: BuildTask, places: BuildPlaces, fold: LtxFold): Promise<ScratchFile> {
  const scratch = new ScratchFile(join(places.cacheDirectory, `${randomUUID()}.build`));
  try {
    checkOutput(
      task.output,
      (await fromOne(task, places, scratch)) ?? (await merged(task, places, fold, scratch)),
    );
    return scratch;
  } catch (error) {
    await scratch.discard();
    throw error;
  }
}

/** A file of one input needs no merge: only its ends change. */
async function fromOne(task: BuildTask, places: BuildPlaces, scratch: ScratchFile): Promise<FileEnds | null> {
  const source = soleSource(task, places);
  if (source === null) return null;
  return suspecting(source, async () => {
    const input = await openSource(source, places);
    try {
      return await writeRelabelled(task, input, scratch);
    } finally {
      await input.close();
    }
  });
}

async function merged(
  task: BuildTask,
  places: BuildPlaces,
  fold: LtxFold,
  scratch: ScratchFile,
): Promise<FileEnds> {
  const inputs = await atMostOneMerge(openInputs(task.inputs, places, fold), places.cacheDirectory);
  try {
    const sources = inputs.map((input) => input.chunks());
    const timestampMs = BigInt(task.output.effectiveTime);
    const options = { compress: true, asSnapshot: task.asSnapshot, timestampMs, lend: true };
    return await writeDecoded(mergeLtx(sources, options), scratch);
  } finally {
    await closeAll(inputs);
  }
}

async function writeDecoded(chunks: AsyncIterable<Uint8Array>, scratch: ScratchFile): Promise<FileEnds> {
  const decoder = new LtxDecoder();
  for await (const chunk of chunks) {
    decoder.write(chunk);
    await scratch.add(chunk);
  }
  const trailer = decoder.end();
  await scratch.end();
  if (decoder.header === undefined) throw new Error('a file that was decoded has a header');
  return { header: decoder.header, trailer };
}

/** A file that is not the planned one is not stored, whatever made it. */
function checkOutput(output: PlannedFile, { header, trailer }: FileEnds): void {
  const same =
    header.minTxid === output.minTxid &&
    header.maxTxid === output.maxTxid &&
    header.pageSize === output.pageSize &&
    header.commit === output.commit &&
    header.preApplyChecksum === output.preApplyChecksum &&
    header.timestampMs === BigInt(output.effectiveTime) &&
    trailer.postApplyChecksum === output.postApplyChecksum;
  if (same) return;
  const name = `${formatTxid(output.minTxid)}-${formatTxid(output.maxTxid)}`;
  throw new LfsbError('ECORRUPT', `what was built for ${name} is not what was planned`);
}
