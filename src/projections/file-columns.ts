import type { SqlRow } from './projection.ts';

/** The columns of both catalogues that plans are made from. */
export const PLANNED_COLUMNS =
  'min_txid, max_txid, page_size, commit_pages, pre_apply, post_apply, effective_time, received_at, size_bytes';

/** What plans are made from. TXIDs and checksums are 16 hex digits. */
export const plannedColumns = (row: SqlRow) => ({
  minTxid: String(row['min_txid']),
  maxTxid: String(row['max_txid']),
  pageSize: Number(row['page_size']),
  commit: Number(row['commit_pages']),
  preApplyChecksum: String(row['pre_apply']),
  postApplyChecksum: String(row['post_apply']),
  effectiveTime: Number(row['effective_time']),
  receivedAt: Number(row['received_at']),
  sizeBytes: Number(row['size_bytes']),
});

/** What the catalogues say of an LTX file alike, wherever it is. */
export const fileColumns = (row: SqlRow) => ({ ...plannedColumns(row), sha256: String(row['sha256']) });
