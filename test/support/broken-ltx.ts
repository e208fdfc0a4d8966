import { LtxDecoder } from '../../src/ltx/index.ts';
import { buildLtx, type Transaction } from './ltx-fixtures.ts';

/** The same transaction, whole and well-formed, with a post-apply checksum that its pages do not have. */
export function withWrongChecksum({ ltx }: Transaction): Uint8Array {
  const pages: [number, Uint8Array][] = [];
  const decoder = new LtxDecoder({
    pages: (batch) => {
      for (let i = 0; i < batch.count; i++) pages.push([batch.pageNumbers[i]!, batch.page(i).slice()]);
    },
  });
  decoder.write(ltx);
  const { postApplyChecksum } = decoder.end();
  const { pageSize, minTxid, maxTxid, commit, preApplyChecksum } = decoder.header!;
  const post = postApplyChecksum ^ 1n;
  return buildLtx({ pageSize, minTxid, maxTxid, commit, pages, pre: preApplyChecksum, post });
}
