import { existsSync } from 'node:fs';
import type { Projection } from '../../projections/projection.ts';
import { MigrationError } from '../errors.ts';
import { readBorder } from '../head.ts';
import { checkpointKey } from '../seal/keys.ts';
import type { SqlConnection } from '../sql.ts';
import { checkpointPath } from './files.ts';
import { copyOf, tablesOf } from './make.ts';

/** A checkpoint that projections are rebuilt on, attached as `base`. */
export interface Base {
  /** The last event that it followed. */
  readonly seq: number;
  /** Fills the new and empty tables of a projection. @throws MigrationError when it cannot be made of this one */
  load(projection: Projection): void;
  detach(): void;
}

/**
 * The newest checkpoint of the data directory, where events have left the log; null while all are here, from which
 * projections are rebuilt from zero. Not within a transaction: SQLite attaches in none.
 * @throws MigrationError when there is none that reaches up to the border
 */
export function attachBase(sql: SqlConnection): Base | null {
  const border = readBorder(sql).seq;
  if (border === 0) return null;
  const seqs = sql.all<{ seq: number }>('SELECT seq FROM log_base WHERE seq >= ? ORDER BY seq DESC', border);
  const seq = seqs.map((row) => row.seq).find((each) => existsSync(checkpointPath(sql.db.name, each)));
  if (seq === undefined) {
    const path = checkpointPath(sql.db.name, seqs[0]?.seq ?? border);
    throw new MigrationError(
      `a projection has to be rebuilt, and its checkpoint is missing: unpack ${checkpointKey(seqs[0]?.seq ?? border)} of a replica to ${path}`,
    );
  }
  sql.run('ATTACH ? AS base', checkpointPath(sql.db.name, seq));
  return {
    seq,
    load: (projection) => load(sql, projection),
    detach: () => void sql.run('DETACH base'),
  };
}

function load(sql: SqlConnection, projection: Projection): void {
  const { name, version, drop } = projection;
  const found = sql.get<{ version: number }>('SELECT version FROM base.projection WHERE name = ?', name);
  const from = found?.version ?? 0;
  const statements =
    from === version
      ? tablesOf(drop).map((table) => `INSERT INTO main."${table}" SELECT * FROM base."${copyOf(table)}"`)
      : projection.fromCheckpoint?.[from];
  if (statements === undefined) {
    throw new MigrationError(
      `this release does not know how ${name} ${version} follows from a checkpoint with ${name} ${from}`,
    );
  }
  for (const text of statements) sql.db.exec(text);
}
