import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { Head } from '../../src/events/index.ts';
import { openReadOnly, verifyLog } from '../../src/log/index.ts';
import type { HttpClient } from '../support/http-client.ts';
import type { Writer } from '../support/workload.ts';

/** The log's chain verifies, and still leads through every head it ever had; returns the head it has now. */
export async function expectWholeLog(dataPath: string, kept: readonly Head[]): Promise<Head> {
  const sql = openReadOnly(join(dataPath, 'lfsb.db'));
  try {
    const verdict = await verifyLog(sql, { expect: kept });
    expect(verdict).toMatchObject({ ok: true });
    if (!verdict.ok) throw new Error(verdict.what);
    return verdict.head;
  } finally {
    sql.db.close();
  }
}

/** The spool holds what the log names and nothing else; of intermediate files there is none. */
export async function expectNoOrphans(dataPath: string): Promise<void> {
  const sql = openReadOnly(join(dataPath, 'lfsb.db'));
  try {
    const rows = sql.all<{ name: string }>(
      'SELECT spool_name AS name FROM payload WHERE spool_name IS NOT NULL',
    );
    const named = rows.map(({ name }) => name).sort();
    expect((await readdir(join(dataPath, 'spool'))).sort()).toEqual(named);
    expect(await readdir(join(dataPath, 'cache'))).toEqual([]);
  } finally {
    sql.db.close();
  }
}

/** Every database is where it was acknowledged to be, byte for byte; its writer goes on from there. */
export async function expectAcknowledged(client: HttpClient, writers: readonly Writer[]): Promise<void> {
  const positions = await client.positions();
  for (const writer of writers) {
    const position = positions[writer.db] ?? 'none';
    expect(writer.possiblePositions(), writer.db).toContain(position);
    await expectBytes(client, writer, position);
    writer.goOnFrom(position);
  }
}

async function expectBytes(client: HttpClient, writer: Writer, position: string): Promise<void> {
  const expected = writer.bytesAt(position);
  const answer = await client.snapshot(writer.db, 'sqlite');
  if (expected.length === 0) return expect(answer.status, writer.db).toBe(404);
  expect(answer.status, writer.db).toBe(200);
  // Not toEqual: it takes seconds for megabytes.
  expect(Buffer.compare(answer.body, expected), `${writer.db} at ${position}`).toBe(0);
}
