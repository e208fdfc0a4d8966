import type { Random } from '../../support/random.ts';
import type { LocalDatabase } from './database.ts';

/** Where a primary ends for good: exit code 99. */
export class Exit99 extends Error {
  override readonly name = 'Exit99';
}

/** What a primary has on its disk, and finds there when it starts again. */
export class DataDirectory {
  /** `LFSC` and 16 upper-case hex digits, made with the directory. */
  readonly clusterId: string;
  readonly databases = new Map<string, LocalDatabase>();
  /** By name, for ever: also of those that were dropped. */
  readonly #pageSizes = new Map<string, number>();

  constructor(random: Random) {
    this.clusterId = `LFSC${Buffer.from(random.bytes(8)).toString('hex').toUpperCase()}`;
  }

  /** @throws Exit99 for another page size than the name has */
  pin(name: string, pageSize: number): void {
    const pinned = this.#pageSizes.get(name) ?? pageSize;
    if (pinned !== pageSize) throw new Exit99(`${name}: page size ${pageSize}, not ${pinned}`);
    this.#pageSizes.set(name, pageSize);
  }
}
