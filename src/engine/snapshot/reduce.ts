import { createHash, randomUUID } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { MERGE_INPUTS_MAX, mergeLtx } from '../../ltx/index.ts';
import type { StoredPayload } from '../../projections/payloads.ts';
import { fileInput, type SnapshotInput, verifyInput } from './input.ts';

/** Opens a stored file. */
export type OpenInput = (file: StoredPayload) => Promise<SnapshotInput>;

/**
 * Merges a chain of any length down to at most MERGE_INPUTS_MAX open inputs, in passes over intermediate files,
 * whose names are gone as soon as they are open. Every stored file is checked against the log on the way.
 */
export async function reduceChain(
  files: readonly StoredPayload[],
  openInput: OpenInput,
  cacheDirectory: string,
): Promise<SnapshotInput[]> {
  if (files.length <= MERGE_INPUTS_MAX) return openAll(files, openInput);
  const merged: SnapshotInput[] = [];
  try {
    for (let at = 0; at < files.length; at += MERGE_INPUTS_MAX) {
      const group = files.slice(at, at + MERGE_INPUTS_MAX);
      const inputs = await openAll(group, openInput);
      merged.push(await mergeToFile(inputs, at === 0, cacheDirectory));
    }
    return await reduceInputs(merged, cacheDirectory);
  } catch (error) {
    await closeAll(merged);
    throw error;
  }
}

/** Further passes, over intermediate files; what was merged is closed. `inputs` is changed in place. */
async function reduceInputs(inputs: SnapshotInput[], cacheDirectory: string): Promise<SnapshotInput[]> {
  while (inputs.length > MERGE_INPUTS_MAX) {
    let kept = 0;
    while (kept < inputs.length) {
      const group = inputs.slice(kept, kept + MERGE_INPUTS_MAX);
      const merged = await mergeToFile(group, kept === 0, cacheDirectory);
      inputs.splice(kept, group.length, merged);
      kept++;
    }
  }
  return inputs;
}

/** Opens and verifies files; all are open, or none. */
async function openAll(files: readonly StoredPayload[], openInput: OpenInput): Promise<SnapshotInput[]> {
  const inputs: SnapshotInput[] = [];
  try {
    for (const file of files) {
      const input = await openInput(file);
      inputs.push(input);
      await verifyInput(input);
    }
    return inputs;
  } catch (error) {
    await closeAll(inputs);
    throw error;
  }
}

export async function closeAll(inputs: readonly SnapshotInput[]): Promise<void> {
  await Promise.allSettled(inputs.map((input) => input.close()));
}

/** Merges inputs, which are closed then, to one intermediate file. */
async function mergeToFile(
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
