import type { Sql } from '../../projections/index.ts';
import type { SourcedFile } from '../plan/files.ts';
import { type FileSource, type LocatedCatalogue, sourceOfPayload } from './catalogue.ts';
import type { SourcePlaces } from './sources.ts';

/** Transactions of level 0, by the sequence numbers of their events: one build may have very many. */
export type PayloadRun = Float64Array;

/** What a build reads, in its order. */
export type BuildSources = readonly (FileSource | PayloadRun)[];

/** What a file is built with. */
export interface BuildPlaces extends SourcePlaces {
  /** A connection of this thread's own that only reads. */
  readonly sql: Sql;
}

/** What a build reads, by index. Transactions are looked up when they are read, so that none waits in memory. */
export class BuildInputs {
  readonly count: number;
  readonly #parts: readonly { readonly from: number; readonly part: FileSource | PayloadRun }[];

  constructor(sources: BuildSources) {
    let count = 0;
    this.#parts = sources.map((part) => {
      const from = count;
      count += part instanceof Float64Array ? part.length : 1;
      return { from, part };
    });
    this.count = count;
  }

  /** @throws LfsbError `ECORRUPT` for a transaction that is not there any more */
  sourceOf(index: number, sql: Sql): FileSource {
    const found = this.#parts.findLast(({ from }) => from <= index);
    if (found === undefined) throw new Error(`the build has no input ${index}`);
    const { part, from } = found;
    return part instanceof Float64Array ? sourceOfPayload(sql, part[index - from]!) : part;
  }
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
