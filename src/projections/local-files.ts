import { PLANNED_COLUMNS, plannedColumns } from './file-columns.ts';
import { PAYLOADS_PAGE, type StoredPayload } from './payloads.ts';
import type { Sql } from './projection.ts';

/** What plans have to know of a file of level 0. */
export type LocalFileRow = Omit<StoredPayload, 'sha256' | 'place'>;

/** Level 0 of a stream after an event, at most so many, in order, page after page. */
export function* localFilesOf(
  sql: Sql,
  stream: string,
  after: number,
  most: number = Number.POSITIVE_INFINITY,
): Generator<LocalFileRow> {
  for (let from = after, left = most; left > 0; ) {
    const limit = Math.min(left, PAYLOADS_PAGE);
    const rows = sql.all(
      `SELECT seq, ${PLANNED_COLUMNS} FROM payload WHERE stream = ? AND seq > ? ORDER BY seq LIMIT ?`,
      stream,
      from,
      limit,
    );
    for (const row of rows) yield { seq: Number(row['seq']), ...plannedColumns(row) };
    if (rows.length < limit) return;
    left -= rows.length;
    from = Number(rows.at(-1)?.['seq']);
  }
}
