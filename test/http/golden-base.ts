import { patternPage } from '../ltx/sparse-database.ts';
import { buildLtx } from '../support/ltx-fixtures.ts';

/** The database that a golden incremental file is based on (`vectors/README.md`, `base`). */
export interface GoldenBase {
  readonly pageSize: number;
  readonly pages: number;
  readonly fill: 'zeros' | 'pattern';
}

/** A snapshot of it, from TXID 1 to `maxTxid`. */
export function baseSnapshot({ pageSize, pages, fill }: GoldenBase, maxTxid: bigint): Uint8Array {
  const zeros = new Uint8Array(pageSize);
  const content = (page: number): Uint8Array => (fill === 'zeros' ? zeros : patternPage(page, pageSize));
  const numbers = Array.from({ length: pages }, (_, i) => i + 1);
  return buildLtx({
    pageSize,
    minTxid: 1n,
    maxTxid,
    commit: pages,
    pages: numbers.map((page) => [page, content(page)] as const),
  });
}
