import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectSame, LiveDatabase } from './support/live-database.ts';
import { insert, SCHEMA } from './support/statements.ts';
import { Writer } from './support/writer.ts';

/** Both copies of the header that says how much of a WAL is committed (SQLite WAL-index format). */
const INDEX_HEADER_BYTES = 96;

const COUNT = 'SELECT count(*) FROM t;';

/** In a process of its own: what opens and closes the index here would drop the locks of the source. */
function copyIndexHeader(from: string, to: string): void {
  const options = [`bs=${INDEX_HEADER_BYTES}`, 'count=1', 'conv=notrunc', 'status=none'];
  execFileSync('dd', [`if=${from}`, `of=${to}`, ...options]);
}

/** A writer is killed between the last frame of its transaction and its word to others that there is one. */
async function committedUnseen(live: LiveDatabase): Promise<void> {
  const app = new Writer('shell', live.path);
  await app.run(`PRAGMA journal_mode = wal; ${SCHEMA}; ${insert(20)}`);
  await live.sync();
  const [index, former] = [`${live.path}-shm`, join(live.folder, 'former-index')];
  copyIndexHeader(index, former);
  await app.run(insert(10));
  await app.kill();
  copyIndexHeader(former, index);
}

describe('a commit in the WAL of which SQLite does not know', () => {
  it('is published once SQLite finds it, as when all that had the database open have ended', async () => {
    using live = new LiveDatabase();
    await committedUnseen(live);
    expect(await live.sync()).toMatchObject({ transactions: 0, compared: null });
    live.restart();
    expect(await live.sync()).toMatchObject({ transactions: 1, compared: null });
    expect(await new Writer('python', live.path).run(COUNT)).toBe('30');
    await expectSame(live);
  });

  it('never was, when SQLite writes the next one over it', async () => {
    using live = new LiveDatabase();
    await committedUnseen(live);
    await live.sync();
    const next = new Writer('python', live.path);
    expect(await next.run(COUNT)).toBe('20');
    await next.run(insert(1));
    expect(await live.sync()).toMatchObject({ transactions: 1, compared: null });
    expect(await next.run(COUNT)).toBe('21');
    await expectSame(live);
  });
});
