import { setImmediate } from 'node:timers/promises';
import { checkSha256, type SnapshotInput } from '../../engine/snapshot/input.ts';
import { writtenInput } from '../../engine/snapshot/reduce.ts';
import type { LtxFold } from '../../ltx/index.ts';
import type { Sql } from '../../projections/index.ts';
import { sha256Hex } from '../../storage/index.ts';
import type { SourcedFile } from '../plan/files.ts';
import { type FileSource, type LocatedCatalogue, sourceOfPayload } from './catalogue.ts';
import { missing, openVerified, type SourcePlaces } from './sources.ts';

/** Pages of transactions that are laid over each other in memory, bytes; one transaction may pass it. */
export const FOLDED_BYTES_MAX = 4 * 1024 * 1024;

/** Transactions after which other work of the thread has its turn: some ms. */
const FOLDED_AT_ONCE = 64;

/** Transactions of level 0, by the sequence numbers of their events: one build may have very many. */
export type PayloadRun = Float64Array;

/** What a build reads, in its order. */
export type BuildSources = readonly (FileSource | PayloadRun)[];

/** What a file is built with. */
export interface BuildPlaces extends SourcePlaces {
  /** A connection of this thread's own that only reads. */
  readonly sql: Sql;
}

/** The sources of files in their order, neighbours of level 0 together. */
export function buildSources(inputs: readonly SourcedFile[], located: LocatedCatalogue): BuildSources {
  const sources: (FileSource | PayloadRun)[] = [];
  let run: number[] = [];
  const endRun = (): void => {
    if (run.length > 0) sources.push(Float64Array.from(run));
    run = [];
  };
  for (const { file } of inputs) {
    if (file.level === 0) {
      run.push(located.seqOf(file));
      continue;
    }
    endRun();
    sources.push(located.sourceOf(file));
  }
  endRun();
  return sources;
}

/**
 * Opens what a build reads, each file held to its SHA-256. Small transactions are merged as they come, as many as
 * fit the fold, which the last of what is given may still be in.
 * @throws LfsbError `ECORRUPT`; JobError for a replica that does not give a file
 */
export async function* openInputs(
  sources: BuildSources,
  places: BuildPlaces,
  fold: LtxFold,
): AsyncGenerator<SnapshotInput> {
  fold.clear();
  for (const source of sources) {
    if (source instanceof Float64Array) {
      yield* openRun(source, places, fold);
      continue;
    }
    if (fold.count > 0) yield await written(fold, places);
    yield await openVerified(source, places);
  }
  if (fold.count > 0) yield foldedInput(fold);
}

/** Leaves the last small ones of a run in the fold. */
async function* openRun(run: PayloadRun, places: BuildPlaces, fold: LtxFold): AsyncGenerator<SnapshotInput> {
  for (const [at, seq] of run.entries()) {
    if (at % FOLDED_AT_ONCE === FOLDED_AT_ONCE - 1) await setImmediate();
    const payload = sourceOfPayload(places.sql, seq);
    const isSmall = payload.place.kind === 'row';
    if (fold.count > 0 && (!isSmall || fold.sizeBytes >= FOLDED_BYTES_MAX)) yield await written(fold, places);
    if (isSmall) fold.add(bytesOf(seq, payload, places));
    else yield await openVerified(payload, places);
  }
}

function bytesOf(seq: number, source: FileSource, places: BuildPlaces): Uint8Array {
  const bytes = places.payloadBytes(seq);
  if (bytes === null) throw missing(source);
  checkSha256(sha256Hex(bytes), source.sha256);
  return bytes;
}

async function written(fold: LtxFold, { cacheDirectory }: BuildPlaces): Promise<SnapshotInput> {
  try {
    return await writtenInput(fold.chunks({ compress: true }), cacheDirectory);
  } finally {
    fold.clear();
  }
}

/** What is in a fold, until something else is. */
const foldedInput = (fold: LtxFold): SnapshotInput => ({
  sizeBytes: fold.sizeBytes,
  sha256: '',
  chunks: async function* () {
    yield* fold.chunks({ compress: false });
  },
  close: async () => fold.clear(),
});
