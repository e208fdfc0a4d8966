import { LfsbError } from '../../errors/index.ts';
import { formatPos, type Pos } from '../../ltx/index.ts';
import { type ChainFile, LEVEL0 } from './chain.ts';
import { type ChainOpening, type OpenChain, openChain } from './reduce.ts';

export interface ChainPlaces {
  readonly cacheDirectory: string;
  /**
   * The stored files that lead to a position, the newest whole database first; empty when there are none. None of
   * them comes from where it is in `avoided`.
   */
  readonly chainTo: (stream: string, pos: Pos, avoided: ReadonlySet<string>) => Iterable<ChainFile>;
  /** Told of a file that could not be used, when another way is tried. */
  readonly onAvoided?: ((source: string, error: LfsbError) => void) | undefined;
}

/**
 * Opens and verifies the files that lead to a position. Where one is gone, damaged or cannot be had, all are taken
 * from elsewhere, as long as there is another place that has them.
 * @throws LfsbError `EUNAVAILABLE` when a place that does not answer may have them, `ECORRUPT` when none has
 */
export async function openAnyChain(
  { stream, pos }: { readonly stream: string; readonly pos: Pos },
  places: ChainPlaces,
  opening: ChainOpening,
): Promise<OpenChain> {
  const avoided = new Set<string>();
  const failures: LfsbError[] = [];
  // Ends: each turn avoids one place more, or is the last.
  for (;;) {
    const chain = new Watched(places.chainTo(stream, pos, avoided));
    try {
      const opened = await openChain(chain, opening, places.cacheDirectory);
      if (opened.inputs.length > 0) return opened;
      throw worst(failures) ?? new LfsbError('ECORRUPT', `no stored files lead to ${formatPos(pos)}`);
    } catch (error) {
      const source = chain.last === null ? null : sourceOf(chain.last);
      if (source === null || avoided.has(source) || !isOfAFile(error)) throw error;
      failures.push(error);
      avoided.add(source);
      places.onAvoided?.(source, error);
    }
  }
}

/** Goes through the files, and knows which one was taken last: it is the one that failed. */
class Watched implements Iterable<ChainFile> {
  last: ChainFile | null = null;
  readonly #files: Iterable<ChainFile>;

  constructor(files: Iterable<ChainFile>) {
    this.#files = files;
  }

  *[Symbol.iterator](): Generator<ChainFile> {
    for (const file of this.#files) {
      this.last = file;
      yield file;
    }
  }
}

const sourceOf = ({ place }: ChainFile): string => (place.kind === 'replica' ? place.replica : LEVEL0);

const isOfAFile = (error: unknown): error is LfsbError =>
  error instanceof LfsbError && (error.code === 'ECORRUPT' || error.code === 'EUNAVAILABLE');

/** What may be right again later comes before what is wrong for good. */
const worst = (failures: readonly LfsbError[]): LfsbError | undefined =>
  failures.find(({ code }) => code === 'EUNAVAILABLE') ?? failures[0];
