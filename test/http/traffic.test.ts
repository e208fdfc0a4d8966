import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { HttpClient } from '../support/http-client.ts';
import { TestServer } from '../support/server.ts';
import { type Exchange, loadRecording, type Note, type RecordingName } from './recordings.ts';
import { type ListedPoint, type ReplayOptions, replay } from './replay.ts';

const open: TestServer[] = [];

afterEach(async () => {
  for (const server of open.splice(0)) await server[Symbol.asyncDispose]();
});

async function replayed(name: RecordingName, options?: ReplayOptions) {
  const server = await TestServer.start();
  open.push(server);
  return replay(server, loadRecording(name), options);
}

/** What the recorded server was sent from here on went past the proxy. */
const isOutOfReach = (entry: Exchange | Note): boolean =>
  entry.type === 'note' && entry.text.includes('cannot be reached');

/** When `d-server-ahead` was recorded, and the point that its restores are to. */
const RECORDED_D_AT = Date.UTC(2026, 10, 22, 2, 51, 55, 884);
const RESTORED_IN_D = '000000000000000c';

/** When a point was, as the server lists it. */
async function timeOf(client: HttpClient, txid: string): Promise<string> {
  const info = await client.send('GET', '/db/info?db=orders.db&all&level=0');
  const { restorablePaths } = info.json<{ restorablePaths: ListedPoint[] }>();
  return restorablePaths.find(({ maxTxId }) => maxTxId === txid)?.maxTimestamp ?? '';
}

describe('recorded traffic of a LiteFS primary', () => {
  it('takes twenty transactions in rollback mode', async () => {
    expect(await replayed('a1-rollback')).toEqual({ exchanges: 18, states: 1, refusals: [] });
  });

  it('takes twenty transactions in WAL mode', async () => {
    expect(await replayed('a2-wal')).toEqual({ exchanges: 16, states: 2, refusals: [] });
  });

  it('follows growth, VACUUM, drops and re-creations, and takes a database dropped before its first send', async () => {
    // The recorded server refused `brief.db` for ever. We take it; its retries are the same file again.
    let brief = false;
    const outcome = await replayed('b-three-databases', {
      expected: ({ url, resBody }) => {
        brief ||= url.endsWith('db=brief.db');
        if (url.endsWith('db=brief.db')) return { status: 200 };
        if (url !== '/pos' || !brief) return undefined;
        const recorded = JSON.parse(Buffer.from(resBody, 'base64').toString()) as Record<
          string,
          { TXID: string; PostApplyChecksum: string }
        >;
        const others = Object.entries(recorded).map(([db, pos]) => [
          db,
          `${pos.TXID}/${pos.PostApplyChecksum}`,
        ]);
        return {
          positions: { ...Object.fromEntries(others), 'brief.db': '0000000000000002/8000000000000000' },
        };
      },
    });
    expect(outcome).toEqual({ exchanges: 26, states: 11, refusals: [] });
  });

  it('refuses a file whose checksum does not fit until the next write makes it fit', async () => {
    const refusals = Array.from({ length: 5 }, () => 'EBADCHECKSUM');
    expect(await replayed('b2-wal-to-delete')).toEqual({ exchanges: 13, states: 2, refusals });
  });

  it('goes on with a primary that was restarted with its data', async () => {
    expect(await replayed('c1-restart-kept')).toEqual({ exchanges: 9, states: 5, refusals: [] });
  });

  it('gives a primary that lost its data everything back', async () => {
    expect(await replayed('c2-restart-lost')).toEqual({ exchanges: 12, states: 8, refusals: [] });
    expect(open[0]?.complaints.map(({ msg }) => msg)).toEqual([
      'another LiteFS data directory sends for this cluster',
    ]);
  });

  it('hands imports and restores to a primary, which goes on from them', async () => {
    // The transactions' own times are those of the recording, so the server's clock has to be.
    let wall = RECORDED_D_AT;
    const server = await TestServer.start({ clock: () => ({ wall, monotonic: wall }) });
    open.push(server);
    const { cluster, entries } = loadRecording('d-server-ahead');
    let timestamp = '';
    const outcome = await replay(
      server,
      { cluster, entries },
      {
        url: async ({ url, t }) => {
          wall = RECORDED_D_AT + Math.round(t);
          if (url.startsWith('/db/info')) return `${url}&level=0`;
          if (!url.includes('&timestamp=') && !url.startsWith('/db/restore/check')) return url;
          timestamp = await timeOf(server.client(cluster), RESTORED_IN_D);
          return url.replace(/timestamp=.*/, `timestamp=${encodeURIComponent(timestamp)}`);
        },
        expected: () => ({ timestamp }),
      },
    );
    expect(outcome).toEqual({ exchanges: 31, states: 9, refusals: ['EBADHEADER'] });
    expect(timestamp).toBe('2026-11-22T02:52:20.801Z');
  });

  it('lets an import win over a write of its primary at the same time', async () => {
    const outcome = await replayed('e1-position-mismatch', { stopAt: isOutOfReach });
    expect(outcome).toEqual({ exchanges: 7, states: 3, refusals: ['EPOSMISMATCH'] });
  });

  it('is found as it was after an outage', async () => {
    const outcome = await replayed('e2-server-down', {
      atNote: async ({ text }) => {
        if (text === 'server started again') await open[0]?.restart();
      },
    });
    expect(outcome).toEqual({ exchanges: 4, states: 2, refusals: [] });
  });

  it('takes everything again after it lost its data, and after a deletion', async () => {
    const dataPath = await mkdtemp(join(tmpdir(), 'lfsb-test-'));
    const server = await TestServer.start({ dataPath });
    open.push(server);
    const outcome = await replay(server, loadRecording('e3-server-data-lost'), {
      atNote: async ({ text }) => {
        if (text !== 'server started with nothing') return;
        await server.stop();
        await rm(dataPath, { recursive: true });
        await server.start();
      },
    });
    expect(outcome).toEqual({ exchanges: 14, states: 6, refusals: ['EPOSMISMATCH', 'ENODB'] });
    await server.stop();
    await rm(dataPath, { recursive: true });
  });

  it('is not shaken by what a proxy in between answered for it', async () => {
    expect(await replayed('e4-errors-injected')).toEqual({ exchanges: 23, states: 9, refusals: [] });
  });
});
