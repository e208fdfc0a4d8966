import type { Point } from '../../compactor/plan/history.ts';
import type { LocatedCatalogue } from '../../compactor/run/catalogue.ts';
import { formatChecksum, lockPage } from '../../ltx/index.ts';
import { corrupt, DrillError } from './drill-error.ts';
import type { DrilledFile, DrillFailure } from './messages.ts';
import { type ReadOptions, readStoredFile } from './read-file.ts';
import type { SumsFile } from './sums-file.ts';

/** A point that the walk stands on, and how to leave it. */
interface Step {
  readonly point: Point;
  readonly mark: number;
}

/**
 * Builds one point after the other in page checksums, 8 bytes a page: each file is read once, whatever the number
 * of points that need it. Points have to come in `preorder`.
 */
export class Walk {
  readonly #sums: SumsFile;
  readonly #sourceOf: LocatedCatalogue['sourceOf'];
  readonly #options: Omit<ReadOptions, 'onPages'>;
  readonly #way: Step[] = [];
  readonly #broken = new Map<Point, DrillFailure>();

  constructor(sums: SumsFile, { sourceOf }: LocatedCatalogue, options: Omit<ReadOptions, 'onPages'>) {
    this.#sums = sums;
    this.#sourceOf = sourceOf;
    this.#options = options;
  }

  /**
   * Goes from the point before to this one, and proves it.
   * @returns the file that was read
   * @throws DrillError; the walk can go on then
   */
  async to(point: Point): Promise<DrilledFile> {
    this.#backTo(point.previous);
    const mark = this.#sums.mark;
    try {
      const before = point.previous === null ? undefined : this.#broken.get(point.previous);
      if (before !== undefined) throw new DrillError(before);
      const file = await this.#apply(point);
      this.#way.push({ point, mark });
      return file;
    } catch (error) {
      this.#sums.rollback(mark);
      if (error instanceof DrillError) this.#broken.set(point, error.failure);
      throw error;
    }
  }

  #backTo(previous: Point | null): void {
    if (previous === null) {
      this.#way.length = 0;
      this.#sums.clear();
      return;
    }
    if (this.#broken.has(previous)) return;
    while (this.#way.at(-1)?.point !== previous) {
      const left = this.#way.pop();
      if (left === undefined) throw new Error('the points of a walk have to come in preorder');
      this.#sums.rollback(left.mark);
    }
  }

  async #apply({ last }: Point): Promise<DrilledFile> {
    const { commit, pageSize, postApplyChecksum } = last.file;
    const onPages: ReadOptions['onPages'] = (batch) => this.#sums.write(batch);
    const file = await readStoredFile(last.file, this.#sourceOf(last.file), { ...this.#options, onPages });
    this.#sums.truncate(commit);
    const { checksum, pages } = this.#sums;
    if (checksum !== postApplyChecksum) {
      const recorded = formatChecksum(postApplyChecksum);
      throw corrupt(`the database has checksum ${formatChecksum(checksum)}, the log says ${recorded}`, file);
    }
    const expected = commit - (commit >= lockPage(pageSize) ? 1 : 0);
    if (pages !== expected) throw corrupt(`the database has ${pages} of ${expected} pages`, file);
    return file;
  }
}
