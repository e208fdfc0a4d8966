import { rmSync } from 'node:fs';
import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { LtxError, MERGE_INPUTS_MAX, mergeLtx } from '../../src/ltx/index.ts';
import { whenInterrupted } from '../interrupt.ts';
import { checkOutput, type OutputOptions, writeOutput } from '../output-file.ts';
import { Progress } from '../progress.ts';
import { readChain, requireChain } from './chain.ts';
import { type DecodedFile, decodeFile, nameOf, readInput, totalBytesOf } from './decode-file.ts';
import { LtxFileError } from './ltx-file-error.ts';

export interface CompactOptions extends OutputOptions {
  readonly compress: boolean;
}

/**
 * Merges a contiguous chain of files into one. More than `MERGE_INPUTS_MAX` are merged in passes, over files
 * beside the target. The result appears only when it was decoded again, strictly, and found right.
 * @throws LtxFileError
 */
export async function compactChain(
  output: string,
  paths: readonly string[],
  options: CompactOptions,
): Promise<DecodedFile> {
  await checkOutput(output, options);
  const sorted = paths.length === 1 && paths[0] === '-' ? paths : await sortedChain(paths);
  const passes = new MergePasses(dirname(output));
  try {
    const inputs = await passes.reduce(sorted);
    let made: DecodedFile | undefined;
    await writeOutput(output, options, {
      write: (file) => mergeInto(file, inputs, options.compress),
      verify: async (draft) => {
        made = await decodeFile(draft, {});
      },
    });
    return made!;
  } finally {
    await passes.clear();
  }
}

async function sortedChain(paths: readonly string[]): Promise<string[]> {
  const files = await readChain(paths);
  requireChain(files, false);
  return files.map(({ path }) => path);
}

async function mergeInto(file: FileHandle, inputs: readonly string[], compress: boolean): Promise<void> {
  using progress = new Progress('merging', await totalBytesOf(inputs));
  try {
    const sources = inputs.map((path) => readInput(path, progress));
    for await (const chunk of mergeLtx(sources, { compress })) await file.writeFile(chunk);
  } catch (error) {
    if (!(error instanceof LtxError)) throw error;
    throw new LtxFileError(nameOf(inputs[error.input ?? 0]!), error);
  }
}

/** Brings a chain down to what one merge takes. */
class MergePasses {
  readonly #parent: string;
  #folder: string | undefined;
  #settled: (() => void) | undefined;
  #made = 0;

  constructor(parent: string) {
    this.#parent = parent;
  }

  async reduce(paths: readonly string[]): Promise<readonly string[]> {
    let inputs = paths;
    while (inputs.length > MERGE_INPUTS_MAX) inputs = await this.#pass(inputs);
    return inputs;
  }

  async clear(): Promise<void> {
    if (this.#folder !== undefined) await rm(this.#folder, { recursive: true, force: true });
    this.#settled?.();
  }

  /** Merges neighbours, in groups of nearly one size. */
  async #pass(inputs: readonly string[]): Promise<string[]> {
    const groups = Math.ceil(inputs.length / MERGE_INPUTS_MAX);
    const outputs: string[] = [];
    for (let group = 0; group < groups; group += 1) {
      const from = Math.floor((group * inputs.length) / groups);
      const to = Math.floor(((group + 1) * inputs.length) / groups);
      outputs.push(await this.#merge(inputs.slice(from, to)));
    }
    return outputs;
  }

  async #merge(inputs: readonly string[]): Promise<string> {
    const path = join(await this.#ensureFolder(), `${this.#made}.ltx`);
    this.#made += 1;
    const file = await open(path, 'wx');
    try {
      await mergeInto(file, inputs, true);
    } finally {
      await file.close();
    }
    return path;
  }

  async #ensureFolder(): Promise<string> {
    if (this.#folder !== undefined) return this.#folder;
    const folder = await mkdtemp(join(this.#parent, '.lfsb-compact-'));
    this.#settled = whenInterrupted(() => rmSync(folder, { recursive: true, force: true }));
    this.#folder = folder;
    return folder;
  }
}
