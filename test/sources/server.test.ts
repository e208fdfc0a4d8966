import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { LfsbError } from '../../src/errors/index.ts';
import { IndexedState, RecordFile, Source } from '../../src/sources/index.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

it('a server that is sent what a source makes gives it back as the database', async () => {
  await using server = await TestServer.start();
  const client = server.client('agent');
  const folder = tempDir();
  const path = join(folder, 'app.db');
  mkdirSync(join(folder, 'meta'));
  const source = new Source({
    ...{ path, now: Date.now, busyTimeoutMs: 1_000, checkpoint: { framesMin: 1_000, intervalMs: 60_000 } },
    stored: new IndexedState(server.sql, 'agent', 'app.db'),
    record: new RecordFile(join(folder, 'meta', 'wal-position')),
    publish: async ({ pieces }) => {
      const answer = await client.post(
        'app.db',
        Buffer.concat([...pieces].filter((piece) => piece !== null)),
      );
      if (answer.status !== 200) throw new LfsbError('EUNAVAILABLE', answer.body.toString());
    },
  });
  const app = new Writer('python', path);
  await app.run(`PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(2_000, 3_000)}`);
  for (let i = 0; i < 3; i++) {
    expect(await source.sync()).toMatchObject({ transactions: 1 });
    const copy = join(tempDir(), 'copy.db');
    for (const suffix of ['', '-wal']) execFileSync('cp', [`${path}${suffix}`, `${copy}${suffix}`]);
    execFileSync('sqlite3', [copy, 'PRAGMA wal_checkpoint(TRUNCATE)']);
    const bytes = execFileSync('cat', [copy], { maxBuffer: 2 ** 26 });
    const answer = await client.send('GET', '/db/snapshot?db=app.db&format=sqlite');
    expect(answer.body.equals(bytes)).toBe(true);
    await app.run(insert(30));
  }
  source.close();
});
