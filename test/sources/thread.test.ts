import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { LfsbError } from '../../src/errors/index.ts';
import { publishToEngine, SourceThread, type SourceThreadOptions } from '../../src/sources/index.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { eventually } from '../support/process-state.ts';
import { TestServer } from '../support/server.ts';
import { tempDir } from '../support/temp-dir.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

const NAME = { cluster: 'agent', db: 'app.db' };

function options(log: string, publish: SourceThreadOptions['publish']): SourceThreadOptions {
  const folder = tempDir();
  return {
    ...NAME,
    path: join(folder, 'app.db'),
    record: join(folder, 'wal-position'),
    log,
    publish,
    busyTimeoutMs: 1_000,
    checkpoint: { framesMin: 1_000, intervalMs: 60_000 },
  };
}

const engineOf = (engine: InProcess): SourceThreadOptions['publish'] =>
  publishToEngine({ ingest: (request) => engine.ingest.receive(request) }, { ...NAME, actor: ACTOR });

/** A database that is published to an engine in this process. */
function aThread(engine: InProcess, changes: Partial<SourceThreadOptions> = {}) {
  const given = { ...options(join(engine.directory, 'lfsb.db'), engineOf(engine)), ...changes };
  return { path: given.path, thread: new SourceThread(given) };
}

async function anApplication(path: string): Promise<Writer> {
  const app = new Writer('python', path);
  await app.run(`PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(200, 3_000)}`);
  return app;
}

describe('a source in a thread of its own', () => {
  it('gives a server what it gives back as the database', async () => {
    await using server = await TestServer.start();
    const client = server.client(NAME.cluster);
    const given = options(join(server.dataPath, 'lfsb.db'), async ({ body }) => {
      const answer = await client.post(NAME.db, await buffer(body));
      if (answer.status !== 200) throw new LfsbError('EUNAVAILABLE', answer.body.toString());
    });
    await using thread = new SourceThread(given);
    const app = await anApplication(given.path);
    for (let i = 0; i < 3; i++) {
      expect(await thread.sync()).toMatchObject({ transactions: 1 });
      const copy = join(tempDir(), 'copy.db');
      for (const suffix of ['', '-wal']) execFileSync('cp', [`${given.path}${suffix}`, `${copy}${suffix}`]);
      execFileSync('sqlite3', [copy, 'PRAGMA wal_checkpoint(TRUNCATE)']);
      const bytes = execFileSync('cat', [copy], { maxBuffer: 1 << 26 });
      const answer = await client.send('GET', `/db/snapshot?db=${NAME.db}&format=sqlite`);
      expect(answer.body.equals(bytes)).toBe(true);
      await app.run(insert(30));
    }
  });

  it('hands over more than is on its way at once, piece by piece', async () => {
    using engine = new InProcess();
    const { path, thread } = aThread(engine);
    await using _ = thread;
    const app = await anApplication(path);
    await app.run(insert(2_000, 3_500));
    const { pos } = await thread.sync();
    expect(engine.state(NAME.db, NAME.cluster)?.pos).toEqual(pos);
  });

  it('hears why a transaction was not taken, and brings it again', async () => {
    using engine = new InProcess();
    const refusals = [
      async (body: Readable) => {
        await buffer(body);
        throw new LfsbError('EBADCHECKSUM', 'refused', { hint: 'none' });
      },
      () => Promise.reject(new LfsbError('EUNAVAILABLE', 'not now')),
    ];
    const ingest = engineOf(engine);
    const { path, thread } = aThread(engine, {
      publish: (transaction) => refusals.shift()?.(transaction.body) ?? ingest(transaction),
    });
    await using _ = thread;
    const app = await anApplication(path);
    await app.run(insert(1_500, 3_500));
    // Once when all of it was read, and once before any of it was.
    await expect(thread.sync()).rejects.toMatchObject({ code: 'EBADCHECKSUM', hint: 'none' });
    await expect(thread.sync()).rejects.toMatchObject({ code: 'EUNAVAILABLE' });
    expect(await thread.sync()).toMatchObject({ transactions: 1 });
  });

  it('closes after the sync that is underway', async () => {
    using engine = new InProcess();
    const { path, thread } = aThread(engine);
    await anApplication(path);
    const syncing = thread.sync();
    await thread.close();
    expect(await syncing).toMatchObject({ transactions: 1 });
  });

  it('asks for a sync when a checkpoint of the application waits for it', async () => {
    using engine = new InProcess();
    let syncs = Promise.resolve();
    const syncSoon = (): void => {
      syncs = syncs.then(async () => {
        await thread.sync();
      });
    };
    const { path, thread } = aThread(engine, { onWanted: syncSoon });
    await using _ = thread;
    const app = await anApplication(path);
    syncSoon();
    await syncs;
    await app.run(insert(20));
    syncSoon();
    expect(await app.run('PRAGMA wal_checkpoint(TRUNCATE);')).toBe('0|0|0');
    await syncs;
  });

  it('begins anew when the thread ended', async () => {
    using engine = new InProcess();
    const { path, thread } = aThread(engine, { log: join(tempDir(), 'nothing.db') });
    await anApplication(path);
    for (let i = 0; i < 2; i++) await expect(thread.sync()).rejects.toMatchObject({ code: 'EINTERNAL' });
    await thread.close();
  });

  it('keeps the application waiting no longer than SQLite itself', async () => {
    using engine = new InProcess();
    const { path, thread } = aThread(engine);
    await using _ = thread;
    const app = await anApplication(path);
    await thread.sync();
    let syncing = true;
    const syncs = (async () => {
      while (syncing) await thread.sync();
    })();
    // More than the busy timeout of the application would allow if a lock were kept: none of it fails.
    for (let i = 0; i < 60; i++) expect(await app.run(insert(60, 3_000))).toBe('');
    syncing = false;
    await syncs;
    await eventually('all is stored', async () => (await thread.sync()).transactions === 0);
  });
});
