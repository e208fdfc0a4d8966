import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { TestServer } from '../support/server.ts';

/** Whatever became of it, a request leaves nothing but what the log names. */
export async function expectNothingLeft(server: TestServer): Promise<void> {
  const known = server.query<{ spool_name: string }>(
    'SELECT spool_name FROM payload WHERE spool_name IS NOT NULL',
  );
  expect(await server.spool()).toEqual(known.map(({ spool_name }) => spool_name).sort());
  const cached = await readdir(join(server.dataPath, 'cache'));
  expect(cached.filter((name) => name.endsWith('.ltx'))).toEqual([]);
  expect(server.query("SELECT id FROM index_generation WHERE state = 'staged'")).toEqual([]);
}
