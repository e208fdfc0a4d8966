import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LfsbClient } from '../../src/client/index.ts';
import { tempDir } from '../support/temp-dir.ts';

async function portOf(server: Server): Promise<number> {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

function clientOf(endpoint: string): LfsbClient {
  const client = new LfsbClient({ endpoint, cluster: 'test' });
  onTestFinished(() => client[Symbol.dispose]());
  return client;
}

const against = async (listener: RequestListener): Promise<LfsbClient> =>
  clientOf(`http://127.0.0.1:${await portOf(createServer(listener))}`);

test('a certificate that nobody vouches for has its own words', async () => {
  const folder = tempDir();
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const subject = ['-subj', '/CN=127.0.0.1', '-days', '1', '-nodes'];
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  });
  const options = { key: readFileSync(key), cert: readFileSync(cert) };
  const port = await portOf(createHttpsServer(options, (_, answer) => void answer.end('{}')));
  await expect(clientOf(`https://127.0.0.1:${port}`).positions()).rejects.toMatchObject({
    code: 'ETLS',
    exit: 5,
    hint: expect.stringContaining('NODE_EXTRA_CA_CERTS'),
  });
});

describe('all restore points', () => {
  /** Answers as a server does: from a time on, at most so many. */
  const served = (times: readonly number[]): RequestListener => {
    const points = times.map((time, i) => ({
      maxTxId: (i + 1).toString(16).padStart(16, '0'),
      maxTimestamp: new Date(time).toISOString(),
      postApplyChecksum: '8'.padEnd(16, '0'),
    }));
    return ({ url }, answer) => {
      const query = new URL(url!, 'http://x').searchParams;
      const from = Date.parse(query.get('from') ?? '1970-01-01T00:00:00.000Z');
      const rest = points.filter(({ maxTimestamp }) => Date.parse(maxTimestamp) >= from);
      answer.end(
        JSON.stringify({ name: 'a.db', restorablePaths: rest.slice(0, Number(query.get('limit'))) }),
      );
    };
  };

  test.each([
    ['more than an answer takes', Array.from({ length: 25_003 }, (_, i) => i * 10)],
    ['exactly as many as one takes', Array.from({ length: 10_000 }, (_, i) => i)],
    ['many of one time across the border', Array.from({ length: 10_050 }, (_, i) => Math.min(i, 9_990))],
    ['all of one time', Array.from({ length: 30_001 }, () => 7)],
    ['none', []],
  ])('%s', async (_, times) => {
    const client = await against(served(times));
    const points = await client.info('a.db', { all: true });
    expect(points).toHaveLength(times.length);
    expect(new Set(points.map(({ txid }) => txid)).size).toBe(times.length);
  });
});

describe('a drill', () => {
  const drill = async (text: string): Promise<unknown[]> => {
    const client = await against((_, answer) => void answer.end(text));
    const lines: unknown[] = [];
    for await (const line of client.verify('a.db')) lines.push(line);
    return lines;
  };

  test('is told without its signs of life', async () => {
    const lines = await drill(
      '{"kind":"begun","points":1}\n{"kind":"working"}\n{"kind":"verdict","ok":true}\n',
    );
    expect(lines).toEqual([
      { kind: 'begun', points: 1 },
      { kind: 'verdict', ok: true },
    ]);
  });

  test('that ends without a verdict is none', async () => {
    await expect(drill('{"kind":"begun","points":1}\n')).rejects.toMatchObject({ code: 'EBROKEN', exit: 5 });
    await expect(drill('<html>')).rejects.toMatchObject({ code: 'EBROKEN' });
  });

  test('that fails on its way has the code of the server', async () => {
    const text = '{"kind":"begun"}\n{"kind":"error","code":"ENODB","error":"database not found"}\n';
    await expect(drill(text)).rejects.toMatchObject({ code: 'ENODB' });
  });
});
