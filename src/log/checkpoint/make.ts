import { randomUUID } from 'node:crypto';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { BUSY_TIMEOUT_MS } from '../connection.ts';
import { flush } from '../flush.ts';
import { checkpointDirectory, checkpointPath } from './files.ts';

/** Form of a checkpoint's tables. Format. */
export const CHECKPOINT_FORMAT = 1;

/** A checkpoint that was made: the last event that it followed. */
export interface MadeCheckpoint {
  readonly seq: number;
  readonly hash: Uint8Array;
}

interface ProjectionRow {
  readonly name: string;
  readonly version: number;
  readonly drop_sql: string;
}

/**
 * Writes the projections and the versions of all streams, as they are at one instant, to a SQLite file of its own,
 * and gives it its name when it is on disk. SQLite copies them, in bounded memory; only a read transaction of that
 * time is open on the log.
 *
 * Tables: `checkpoint` (one row), `stream`, `projection`, and `projection_{table}` for each table of each. Format.
 */
export function makeCheckpoint(database: string, cacheDirectory: string): MadeCheckpoint {
  const path = join(cacheDirectory, `${randomUUID()}.checkpoint`);
  const db = new Database(path, { timeout: BUSY_TIMEOUT_MS });
  try {
    db.pragma('journal_mode = OFF');
    db.pragma('synchronous = OFF');
    db.prepare('ATTACH ? AS log').run(database);
    const made = db.transaction(() => fill(db))();
    db.close();
    flush(path);
    mkdirSync(checkpointDirectory(database), { recursive: true });
    renameSync(path, checkpointPath(database, made.seq));
    flush(checkpointDirectory(database));
    return made;
  } catch (error) {
    db.close();
    rmSync(path, { force: true });
    throw error;
  }
}

function fill(db: Database.Database): MadeCheckpoint {
  const head = db.prepare('SELECT seq, hash, time FROM log.event ORDER BY seq DESC LIMIT 1').get();
  if (head === undefined) throw new Error('a checkpoint of an empty log');
  const { seq, hash } = head as MadeCheckpoint;
  db.exec(`
    CREATE TABLE checkpoint (format INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, time INTEGER NOT NULL) STRICT;
    CREATE TABLE stream (stream TEXT PRIMARY KEY, version INTEGER NOT NULL) STRICT, WITHOUT ROWID;
    CREATE TABLE projection (name TEXT PRIMARY KEY, version INTEGER NOT NULL, tables TEXT NOT NULL) STRICT, WITHOUT ROWID;
    INSERT INTO stream SELECT stream, max(version) FROM log.event INDEXED BY event_stream GROUP BY stream;
    INSERT OR IGNORE INTO stream SELECT stream, version FROM log.log_stream;`);
  db.prepare(`INSERT INTO checkpoint VALUES (${CHECKPOINT_FORMAT}, @seq, @hash, @time)`).run(head);
  const projections = db.prepare('SELECT name, version, drop_sql FROM log.projection WHERE seq = ?').all(seq);
  for (const row of projections as ProjectionRow[]) copyProjection(db, row);
  return { seq, hash };
}

function copyProjection(db: Database.Database, { name, version, drop_sql }: ProjectionRow): void {
  const tables = tablesOf(JSON.parse(drop_sql) as string[]);
  for (const table of tables) db.exec(`CREATE TABLE "${copyOf(table)}" AS SELECT * FROM log."${table}"`);
  db.prepare('INSERT INTO projection VALUES (?, ?, ?)').run(name, version, JSON.stringify(tables));
}

/**
 * What a projection's table is called in a checkpoint: not what it is called in the log, or a statement that drops
 * it there would drop it here while both are attached.
 */
export const copyOf = (table: string): string => `projection_${table}`;

/** The tables of a projection, by the statements that remove them. */
export const tablesOf = (drop: readonly string[]): string[] =>
  drop.flatMap((text) => /^DROP TABLE IF EXISTS (\w+)$/.exec(text)?.[1] ?? []);
