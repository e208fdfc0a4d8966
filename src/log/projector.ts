import type { RecordedEvent } from '../events/event.ts';
import type { Projection } from '../projections/projection.ts';
import type { Base } from './checkpoint/base.ts';
import { LogReader } from './reader.ts';
import type { SqlConnection } from './sql.ts';

interface Bookkeeping {
  readonly name: string;
  readonly version: number;
  readonly seq: number;
  readonly drop_sql: string;
}

/**
 * Keeps the read models in step with the log. How far they are is written once a batch, not once an event: all
 * of them follow every event in its own transaction, so they can only differ from the log when one is new, of
 * another version, or was written by a release that did not know it.
 */
export class Projector {
  readonly #sql: SqlConnection;
  readonly #projections: readonly Projection[];

  constructor(sql: SqlConnection, projections: readonly Projection[]) {
    const names = new Set(projections.map(({ name }) => name));
    if (names.size !== projections.length) throw new Error('two projections have the same name');
    this.#sql = sql;
    this.#projections = projections;
  }

  apply(event: RecordedEvent): void {
    for (const projection of this.#projections) projection.apply(this.#sql, event);
  }

  /** Writes down that every projection has followed up to `seq`: part of the batch's transaction. */
  recordPosition(seq: number): void {
    this.#sql.run('UPDATE projection SET seq = ?', seq);
  }

  /** The projections that do not fit the log's head: new ones, of another version, or not up to date. */
  stale(headSeq: number): Projection[] {
    const recorded = this.#recorded();
    return this.#projections.filter(({ name, version }) => {
      const row = recorded.find((candidate) => candidate.name === name);
      return row === undefined || row.version !== version || row.seq !== headSeq;
    });
  }

  /** Removes projections that are no longer known, inside the caller's transaction. */
  forgetUnknown(): void {
    const known = new Set(this.#projections.map(({ name }) => name));
    for (const row of this.#recorded()) if (!known.has(row.name)) this.#remove(row);
  }

  /** One projection by its name, or all. @throws RangeError for a name that is not registered */
  chosen(name?: string): readonly Projection[] {
    const chosen = this.#projections.filter((projection) => name === undefined || projection.name === name);
    if (name !== undefined && chosen.length === 0) throw new RangeError(`no projection is named "${name}"`);
    return chosen;
  }

  /**
   * Builds projections anew by reading the log, inside the caller's transaction: readers see the old tables or the
   * new ones, never half of them.
   * @param base the checkpoint to begin with; null: the log is read from its first event
   */
  rebuild(projections: readonly Projection[], headSeq: number, base: Base | null): void {
    if (projections.length === 0) return;
    for (const projection of projections) {
      this.#recreate(projection, headSeq);
      base?.load(projection);
    }
    for (const event of new LogReader(this.#sql).read({ after: base?.seq ?? 0 })) {
      for (const projection of projections) projection.apply(this.#sql, event);
    }
  }

  #recorded(): Bookkeeping[] {
    return this.#sql.all<Bookkeeping>('SELECT * FROM projection');
  }

  #recreate(projection: Projection, headSeq: number): void {
    const row = this.#sql.get<Bookkeeping>('SELECT * FROM projection WHERE name = ?', projection.name);
    if (row !== undefined) this.#remove(row);
    for (const text of [...projection.drop, ...projection.tables]) this.#sql.db.exec(text);
    const drop = JSON.stringify(projection.drop);
    const { name, version } = projection;
    this.#sql.run('INSERT INTO projection VALUES (?, ?, ?, ?)', name, version, headSeq, drop);
  }

  #remove(row: Bookkeeping): void {
    // What was recorded with the tables undoes them; today's code may no longer know their names.
    for (const text of JSON.parse(row.drop_sql) as string[]) this.#sql.db.exec(text);
    this.#sql.run('DELETE FROM projection WHERE name = ?', row.name);
  }
}
