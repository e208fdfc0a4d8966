import type { Sql } from './projection.ts';

/** Page checksums in one chunk: its blob of 3,840 bytes fits one 4 KiB SQLite page (`design.md`, **format**). */
export const PAGES_PER_CHUNK = 480;

/** Dead chunks deleted in one transaction, so that a sweep never holds up an ingest. */
export const SWEEP_CHUNKS_MAX = 256;

const CHUNKS_PER_GENERATION = 2 ** 24;
const chunkId = (generation: number, chunk: number): number => generation * CHUNKS_PER_GENERATION + chunk;

/** The checksums of one chunk, in page order; zero where there is no page. */
export type Chunk = BigUint64Array;

/**
 * The content index: 8 bytes for each page of each database, from which a transaction's post-apply checksum is
 * computed without the pages. It comes from bytes, not from events, and proves itself: the XOR of a database's
 * page checksums is its recorded post-apply checksum.
 */
export class ContentIndex {
  readonly sql: Sql;

  constructor(sql: Sql) {
    this.sql = sql;
  }

  /** The live generation of a stream, or null when it has none. */
  liveGeneration(stream: string): number | null {
    const row = this.sql.get('SELECT id FROM index_generation WHERE stream = ?', stream);
    return row === undefined ? null : Number(row['id']);
  }

  /** Makes an empty generation that belongs to no stream yet. */
  stage(): number {
    const row = this.sql.get("INSERT INTO index_generation (state) VALUES ('staged') RETURNING id");
    return Number(row?.['id']);
  }

  /** Points a stream at a staged generation; the one it had is dead from then on. */
  adopt(generation: number, stream: string): void {
    this.release(stream);
    this.sql.run("UPDATE index_generation SET state = 'live', stream = ? WHERE id = ?", stream, generation);
  }

  /** A stream has come to its end: its generation is dead. */
  release(stream: string): void {
    this.sql.run("UPDATE index_generation SET state = 'dead', stream = NULL WHERE stream = ?", stream);
  }

  /** Gives up a staged generation. */
  abandon(generation: number): void {
    this.sql.run("UPDATE index_generation SET state = 'dead' WHERE id = ? AND state = 'staged'", generation);
  }

  /** Gives up what ingests that never committed had staged; called once at start. */
  abandonStaged(): void {
    this.sql.run("UPDATE index_generation SET state = 'dead' WHERE state = 'staged'");
  }

  /** The checksums of a chunk, as a copy of the caller's own; all zero where none is stored. */
  read(generation: number, chunk: number): Chunk {
    const sums = new BigUint64Array(PAGES_PER_CHUNK);
    const row = this.sql.get('SELECT sums FROM page_checksums WHERE id = ?', chunkId(generation, chunk));
    if (row !== undefined) new Uint8Array(sums.buffer).set(row['sums'] as Uint8Array);
    return sums;
  }

  write(generation: number, chunk: number, sums: Chunk): void {
    const bytes = Buffer.from(sums.buffer, sums.byteOffset, sums.byteLength);
    this.sql.run(
      'INSERT INTO page_checksums (id, sums) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET sums = excluded.sums',
      chunkId(generation, chunk),
      bytes,
    );
  }

  remove(generation: number, chunk: number): void {
    this.sql.run('DELETE FROM page_checksums WHERE id = ?', chunkId(generation, chunk));
  }

  /** XOR of all checksums of a generation: with the flag bit set, the database checksum. */
  xor(generation: number): bigint {
    let xor = 0n;
    let id = chunkId(generation, -1);
    for (;;) {
      const row = this.sql.get(
        'SELECT id, sums FROM page_checksums WHERE id > ? AND id < ? LIMIT 1',
        id,
        chunkId(generation + 1, 0),
      );
      if (row === undefined) return xor;
      id = Number(row['id']);
      for (const sum of this.read(generation, id - chunkId(generation, 0))) xor ^= sum;
    }
  }

  /** Deletes some of what dead generations hold; true while there is more. */
  sweep(): boolean {
    const dead = this.sql.get("SELECT id FROM index_generation WHERE state = 'dead' LIMIT 1");
    if (dead === undefined) return false;
    const generation = Number(dead['id']);
    const range = [chunkId(generation, 0), chunkId(generation + 1, 0), SWEEP_CHUNKS_MAX] as const;
    const swept = this.sql.run(
      'DELETE FROM page_checksums WHERE id IN (SELECT id FROM page_checksums WHERE id >= ? AND id < ? LIMIT ?)',
      ...range,
    );
    if (swept.changes === SWEEP_CHUNKS_MAX) return true;
    this.sql.run('DELETE FROM staged_pages WHERE generation = ?', generation);
    this.sql.run('DELETE FROM index_generation WHERE id = ?', generation);
    return true;
  }
}
