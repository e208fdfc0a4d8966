import { describe, expect, it } from 'vitest';
import { LiveDatabase } from './support/live-database.ts';
import { type Language, Writer } from './support/writer.ts';

const SCHEMA = 'CREATE TABLE t (id INTEGER PRIMARY KEY, body BLOB)';
const insert = (rows: number, bytes = 400): string =>
  `INSERT INTO t (body) WITH n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ${rows}) SELECT randomblob(${bytes}) FROM n;`;

async function expectSame(live: LiveDatabase): Promise<void> {
  const restored = await live.restored();
  const bytes = live.bytes();
  expect(restored.byteLength).toBe(bytes.byteLength);
  expect(restored.equals(bytes), 'the restored database is the live one').toBe(true);
}

describe.each<Language>(['shell', 'python', 'node'])('a database that %s writes', (language) => {
  it('is stored whole at first, and then transaction by transaction', async () => {
    using live = new LiveDatabase();
    const app = new Writer(language, live.path);
    await app.run(`PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(50)}`);
    expect(await live.sync()).toMatchObject({ state: 'current', transactions: 1 });
    expect(live.published[0]?.kind).toBe('snapshot');
    await expectSame(live);
    for (let i = 0; i < 5; i++) {
      await app.run(`${insert(10)} UPDATE t SET body = randomblob(300) WHERE id % 7 = ${i};`);
      expect(await live.sync()).toMatchObject({ transactions: 1, compared: null });
      await expectSame(live);
    }
    expect(await live.sync()).toMatchObject({ transactions: 0, compared: null });
    await app.end();
  });
});
