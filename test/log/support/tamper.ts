import { chainHash, digestOf, GENESIS_HASH } from '../../../src/events/index.ts';
import type { Log } from '../../../src/log/index.ts';

export interface Row {
  seq: number;
  canonical: string;
  digest: Uint8Array;
  hash: Uint8Array;
}

/** Does damage as someone with the file in hands would: without triggers and checks, and puts both back. */
export function tamper(log: Log, damage: () => void): void {
  const triggers = log.sql.all<{ name: string; sql: string }>(
    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'event'",
  );
  for (const { name } of triggers) log.db.exec(`DROP TRIGGER ${name}`);
  log.db.pragma('ignore_check_constraints = ON');
  damage();
  log.db.pragma('ignore_check_constraints = OFF');
  for (const { sql } of triggers) log.db.exec(sql);
}

export const rows = (log: Log): Row[] =>
  log.sql.all<Row>('SELECT seq, canonical, digest, hash FROM event ORDER BY seq');

export const write = (log: Log, { seq, canonical, digest, hash }: Row): unknown =>
  log.sql.run(
    'UPDATE event SET canonical = ?, digest = ?, hash = ? WHERE seq = ?',
    canonical,
    digest,
    hash,
    seq,
  );

export const insert = (log: Log, { seq, canonical, digest, hash }: Row): unknown =>
  log.sql.run(
    'INSERT INTO event (seq, canonical, digest, hash) VALUES (?, ?, ?, ?)',
    seq,
    canonical,
    digest,
    hash,
  );

/** Changes the body of an event and all hashes from there on, so that the chain fits again. */
export function rewriteFrom(log: Log, seq: number): void {
  let previous: Uint8Array = rows(log)[seq - 2]?.hash ?? GENESIS_HASH;
  for (const row of rows(log).slice(seq - 1)) {
    const canonical = row.seq === seq ? row.canonical.replace('4096', '8192') : row.canonical;
    const digest = digestOf(canonical);
    previous = chainHash(previous, digest);
    write(log, { seq: row.seq, canonical, digest, hash: previous });
  }
}

/** Gives an index of one column other contents than the table has, by a detour over the schema. */
export function forgeIndex(log: Log, column: string, forged: string): void {
  const [{ sql } = { sql: '' }] = log.sql.all<{ sql: string }>(
    "SELECT sql FROM sqlite_schema WHERE name = 'event'",
  );
  const rewrite = (text: string): void => {
    log.db.unsafeMode(true);
    log.db.pragma('writable_schema = ON');
    log.db.prepare("UPDATE sqlite_schema SET sql = ? WHERE name = 'event'").run(text);
    log.db.pragma('writable_schema = RESET');
    log.db.unsafeMode(false);
  };
  const honest = `json_extract(canonical, '$.${column}')`;
  rewrite(sql.replace(honest, forged));
  log.db.exec('REINDEX');
  rewrite(sql);
}

/** Does something that an index does not get to see. */
export function withoutIndex(log: Log, name: string, work: () => void): void {
  const entry = log.db.prepare('SELECT * FROM sqlite_schema WHERE name = ?').get(name);
  const schema = (statement: string, ...params: unknown[]): void => {
    log.db.unsafeMode(true);
    log.db.pragma('writable_schema = ON');
    log.db.prepare(statement).run(...params);
    log.db.pragma('writable_schema = RESET');
    log.db.unsafeMode(false);
  };
  schema('DELETE FROM sqlite_schema WHERE name = ?', name);
  work();
  schema('INSERT INTO sqlite_schema VALUES (@type, @name, @tbl_name, @rootpage, @sql)', entry);
}
