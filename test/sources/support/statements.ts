export const SCHEMA = 'CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)';

/** So many rows of noise, in one statement. */
export const insert = (rows: number, bytes = 400): string =>
  `INSERT INTO t (body) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT randomblob(${bytes}) FROM n;`;
