import type { SqlRow } from './projection.ts';

/** What the catalogues say of an LTX file alike, wherever it is. TXIDs and checksums are 16 hex digits. */
export const fileColumns = (row: SqlRow) => ({
  minTxid: String(row['min_txid']),
  maxTxid: String(row['max_txid']),
  pageSize: Number(row['page_size']),
  commit: Number(row['commit_pages']),
  preApplyChecksum: String(row['pre_apply']),
  postApplyChecksum: String(row['post_apply']),
  effectiveTime: Number(row['effective_time']),
  receivedAt: Number(row['received_at']),
  sizeBytes: Number(row['size_bytes']),
  sha256: String(row['sha256']),
});
