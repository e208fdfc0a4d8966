import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { SnapshotInput } from '../../engine/snapshot/input.ts';
import { closeAll, mergeToFile } from '../../engine/snapshot/reduce.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid, LtxDecoder, mergeLtx } from '../../ltx/index.ts';
import type { PlannedFile } from '../plan/actions.ts';
import type { Pass } from '../plan/passes.ts';
import { openVerified, type SourcePlaces } from './sources.ts';
import type { BuildTask, BuiltFile } from './tasks.ts';

/** A file that is made and not yet stored. */
export interface MadeFile extends BuiltFile {
  readonly path: string;
}

/**
 * Makes a file as its plan says, in bounded memory: every input is held to its SHA-256, and what comes out is
 * decoded and held to the plan. The file is the caller's to delete.
 * @throws LfsbError `ECORRUPT`, JobError, LtxError; nothing is left behind then
 */
export async function makeFile(task: BuildTask, places: SourcePlaces): Promise<MadeFile> {
  const intermediate: SnapshotInput[] = [];
  try {
    for (const pass of task.passes.slice(0, -1)) {
      const inputs = await openPass(pass, task, intermediate, places);
      intermediate.push(await mergeToFile(inputs, false, places.cacheDirectory));
    }
    const last = await openPass(task.passes.at(-1) ?? [], task, intermediate, places);
    try {
      return await write(chunksOf(task, last), task.output, places.cacheDirectory);
    } finally {
      await closeAll(last);
    }
  } finally {
    await closeAll(intermediate);
  }
}

async function openPass(
  pass: Pass,
  task: BuildTask,
  intermediate: readonly SnapshotInput[],
  places: SourcePlaces,
): Promise<SnapshotInput[]> {
  const opened: SnapshotInput[] = [];
  try {
    for (const { kind, index } of pass) {
      const made = kind === 'pass' ? intermediate[index] : undefined;
      const source = kind === 'input' ? task.inputs[index] : undefined;
      if (made !== undefined) opened.push(made);
      else if (source !== undefined) opened.push(await openVerified(source, places));
      else throw new Error(`a pass reads ${kind} ${index}, which there is not`);
    }
    return opened;
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

function chunksOf(task: BuildTask, inputs: readonly SnapshotInput[]): AsyncIterable<Uint8Array> {
  const sources = inputs.map((input) => input.chunks());
  const [only] = sources;
  if (task.isCopy && only !== undefined) return only;
  const timestampMs = BigInt(task.output.effectiveTime);
  return mergeLtx(sources, { compress: true, asSnapshot: task.asSnapshot, timestampMs });
}

async function write(
  chunks: AsyncIterable<Uint8Array>,
  output: PlannedFile,
  directory: string,
): Promise<MadeFile> {
  const path = join(directory, `${randomUUID()}.build`);
  const handle = await open(path, 'wx');
  try {
    const made = await writeChecked(chunks, output, handle);
    await handle.close();
    return { path, ...made };
  } catch (error) {
    await handle.close();
    await unlink(path);
    throw error;
  }
}

async function writeChecked(
  chunks: AsyncIterable<Uint8Array>,
  output: PlannedFile,
  handle: FileHandle,
): Promise<BuiltFile> {
  const hash = createHash('sha256');
  const decoder = new LtxDecoder();
  let sizeBytes = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    decoder.write(chunk);
    sizeBytes += chunk.byteLength;
    for (let at = 0; at < chunk.byteLength; ) at += (await handle.write(chunk, at)).bytesWritten;
  }
  const { postApplyChecksum } = decoder.end();
  checkOutput(output, decoder, postApplyChecksum);
  return { sizeBytes, sha256: hash.digest('hex') };
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
