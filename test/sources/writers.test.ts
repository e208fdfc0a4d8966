import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { type Language, Writer } from './support/writer.ts';

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
    expect(existsSync(`${live.path}-wal`), 'the last to close a database deletes its WAL').toBe(true);
    expect(await live.sync()).toMatchObject({ transactions: 0, compared: null, reopened: null });
  });
});
