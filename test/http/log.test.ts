import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FOLLOWERS_MAX } from '../../src/http/log/followers.ts';
import type { HttpClient } from '../support/http-client.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';

interface Page {
  readonly events: { seq: number; type: string; canonical?: string; body: Record<string, unknown> }[];
  readonly next: number | null;
}

let server: TestServer;
let client: HttpClient;
let stranger: HttpClient;

const page = async (from: HttpClient, query: string): Promise<Page> => {
  const answer = await from.send('GET', `/v1/log${query}`);
  expect(answer.status).toBe(200);
  return answer.json<Page>();
};
const fill = async (from: HttpClient, db: string): Promise<void> => {
  const { status } = await from.send('POST', `/db/upload?db=${db}`, { body: sqliteImage({ rows: 3 }) });
  expect(status).toBe(200);
};

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('ours');
  stranger = server.client('theirs');
  for (const db of ['a.db', 'b.db']) await fill(client, db);
  await fill(stranger, 'secret.db');
});

afterAll(() => server[Symbol.asyncDispose]());

describe('GET /v1/log', () => {
  it('tells a cluster its own events, in order, page by page', async () => {
    const all = await page(client, '');
    expect(all.next).toBeNull();
    expect(all.events.map(({ type, body }) => [type, body['db']])).toEqual([
      ['database.created', 'a.db'],
      ['transaction.imported', 'a.db'],
      ['database.created', 'b.db'],
      ['transaction.imported', 'b.db'],
    ]);
    const first = await page(client, '?limit=3');
    const rest = await page(client, `?limit=3&after=${first.next}`);
    expect([...first.events, ...rest.events]).toEqual(all.events);
    const back = await page(client, '?order=desc');
    expect(back.events.reverse()).toEqual(all.events);
  });

  it('narrows by database, type, actor and time, together', async () => {
    const count = async (query: string): Promise<number> => (await page(client, query)).events.length;
    expect(await count('?db=a.db')).toBe(2);
    expect(await count('?type=database.created')).toBe(2);
    expect(await count('?type=database.created&db=b.db')).toBe(1);
    expect(await count('?actor=system')).toBe(0);
    expect(await count('?actor=anonymous&until=2001-01-01T00:00:00Z')).toBe(0);
    expect(await count('?since=2001-01-01T00:00:00Z')).toBe(4);
    expect(await count('?type=server.started')).toBe(1);
  });

  it('shows nothing of another cluster but the digest, and the chain goes on', async () => {
    const { events } = await page(client, '?canonical=true&limit=1000');
    expect(events.map(({ seq }) => seq)).toEqual(events.map((_, index) => index + 1));
    expect(JSON.stringify(events)).not.toContain('secret.db');
    const hidden = events.filter(({ canonical }) => canonical === undefined);
    expect(hidden).toHaveLength(2);
    expect(Object.keys(hidden[0]!)).toEqual(['seq', 'digest', 'hash']);
    expect(await page(client, '?type=transaction.imported')).toMatchObject({ events: { length: 2 } });
    expect(JSON.stringify(await page(client, '?db=secret.db'))).not.toContain('secret.db"');
  });

  it('refuses what it does not understand', async () => {
    const bad = [
      'limit=0',
      'limit=1001',
      'after=-1',
      'after=x',
      'type=no.such',
      'since=yesterday',
      'order=up',
    ];
    bad.push('canonical=maybe', 'canonical=true&db=a.db', 'cluster=theirs', 'db=a/b', 'limit=1&limit=2');
    for (const query of bad) {
      expect([query, (await client.send('GET', `/v1/log?${query}`)).status]).toEqual([query, 400]);
    }
    const anonymous = await fetch(`${server.url}/v1/log/head`);
    expect(anonymous.status).toBe(401);
  });
});

describe('the log as server-sent events', () => {
  const headers = { accept: 'text/event-stream' };

  it('sends what was after a number, and then what happens', async () => {
    const response = await client.open('GET', '/v1/log?db=live.db&after=0', { headers });
    expect(response.headers['content-type']).toBe('text/event-stream');
    let text = '';
    response.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
    });
    await fill(client, 'live.db');
    const deadline = Date.now() + 5_000;
    while (!text.includes('transaction.imported') && Date.now() < deadline) await sleep(20);
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toHaveLength(2);
    response.destroy();
    const again = await client.open('GET', '/v1/log?db=live.db', {
      headers: { ...headers, 'last-event-id': String(ids[0]) },
    });
    const chunks: string[] = [];
    for await (const chunk of again.setEncoding('utf8')) {
      chunks.push(chunk as string);
      if (chunks.join('').includes('data: ')) break;
    }
    expect(chunks.join('')).toContain(`id: ${ids[1]}\n`);
    expect(chunks.join('')).not.toContain(`id: ${ids[0]}\n`);
  });

  it('takes no more followers than it can serve, and lets all go when it stops', async () => {
    await using small = await TestServer.start();
    const many = small.client('many');
    const open = () => many.open('GET', '/v1/log', { headers });
    const all = await Promise.all(Array.from({ length: FOLLOWERS_MAX }, open));
    const tooMany = await many.send('GET', '/v1/log', { headers });
    expect(tooMany.status).toBe(503);
    const ended = all.map((response) => new Promise((resolve) => response.resume().once('close', resolve)));
    const started = Date.now();
    await small.stop();
    await Promise.all(ended);
    expect(Date.now() - started).toBeLessThan(5_000);
  });
});
