import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/errors/index.ts';
import { type InvalidVector, vectorBytes, vectors } from '../ltx/vectors.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { openFiles, settledFiles } from '../support/process-state.ts';
import { TestServer } from '../support/server.ts';
import { baseSnapshot, type GoldenBase } from './golden-base.ts';

/** The incremental golden files are transaction 77 of a database that stands at 76. */
const BASE_TXID = 76n;

/** The bombs decompress to gigabytes; what the process may grow by over all files. */
const RSS_GROWTH_BYTES_MAX = 200 * 1024 * 1024;

/** An answer to a file of a few kilobytes takes milliseconds; a bomb, its whole decompression at most. */
const ANSWER_MS_MAX = 10_000;

let server: TestServer;
let client: HttpClient;
let filesOpen: string[];
let rssBefore: number;

/** Databases that most incremental golden files continue: their names say page size and checksum. */
const BASES: readonly (GoldenBase & { readonly checksum: string })[] = [
  { pageSize: 512, pages: 10, fill: 'pattern', checksum: 'abfc80c885f02d54' },
  { pageSize: 4096, pages: 10, fill: 'pattern', checksum: 'efd382ffecd337ca' },
  { pageSize: 4096, pages: 60, fill: 'pattern', checksum: 'e0bb245837f7a0c6' },
];
const nameOf = (pageSize: number, checksum: string): string => `base-${pageSize}-${checksum}`;
const ANY_BASE = nameOf(512, 'abfc80c885f02d54');

beforeAll(async () => {
  server = await TestServer.start();
  client = server.client('invalid');
  for (const { checksum, ...base } of BASES) {
    const db = nameOf(base.pageSize, checksum);
    expect((await client.post(db, baseSnapshot(base, BASE_TXID))).status).toBe(200);
    expect((await client.positions())[db]).toBe(`000000000000004c/${checksum}`);
    for (let i = 0; i < 2; i++) expect((await client.snapshot(db)).status).toBe(200);
  }
  await pictureOfAll();
  filesOpen = await settledFiles(server.dataPath);
  rssBefore = process.memoryUsage().rss;
});

afterAll(() => server[Symbol.asyncDispose]());

/** The database whose position the file's header claims to continue, if there is one. */
function fittingBase(bytes: Uint8Array): string | undefined {
  if (bytes.length < 100) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  if (view.getBigUint64(16) !== BASE_TXID + 1n) return undefined;
  const [pageSize, pre] = [view.getUint32(8), view.getBigUint64(40).toString(16)];
  return BASES.some((base) => base.pageSize === pageSize && base.checksum === pre)
    ? nameOf(pageSize, pre)
    : undefined;
}

/** What a refused file must not change: positions, usage, stored payloads, the spool. */
async function pictureOfAll(): Promise<unknown> {
  return {
    positions: await client.positions(),
    usage: server.query('SELECT cluster, db, transactions, bytes FROM usage WHERE transactions > 0'),
    payloads: server.query('SELECT count(*) AS count FROM payload'),
    spool: await server.spool(),
    spoolOpen: openFiles(server.spoolPath),
    held: [server.limits.bodies.held, server.limits.heavyBodies.held],
  };
}

function expectRefusal(answer: Answer): string {
  expect(answer.status).toBeGreaterThanOrEqual(400);
  expect(answer.status, answer.body.toString()).toBeLessThan(500);
  const { code, error } = answer.json<{ code: keyof typeof ERROR_CATALOGUE; error: string }>();
  expect(ERROR_CATALOGUE[code]?.status, code).toBe(answer.status);
  expect(error).not.toBe('');
  return code;
}

async function sendTo(db: string, bytes: Uint8Array): Promise<Answer> {
  const since = performance.now();
  const answer = await client.post(db, bytes);
  expect(performance.now() - since).toBeLessThan(ANSWER_MS_MAX);
  return answer;
}

const rejected = vectors('invalid').filter(({ strict }) => strict === 'reject');
const byName = (entries: InvalidVector[]): [string, InvalidVector][] =>
  entries.map((entry) => [entry.name, entry]);

describe('a malformed file changes nothing', () => {
  it('has files to send, most of them to a database that they claim to continue', () => {
    expect(rejected).toHaveLength(200);
    expect(rejected.filter(({ file }) => fittingBase(vectorBytes(file)) !== undefined)).toHaveLength(127);
  });

  it.each(byName(rejected))('%s', async (_, { file }) => {
    const bytes = vectorBytes(file);
    const before = await pictureOfAll();
    const base = fittingBase(bytes);
    const code = expectRefusal(await sendTo(base ?? ANY_BASE, bytes));
    // A primary that is told of a mismatch throws transactions away: never where the position fits.
    if (base !== undefined)
      expect(['EBADLTX', 'EBADCHECKSUM', 'EMISSINGPAGES', 'EBADHEADER']).toContain(code);
    expectRefusal(await sendTo('unheard-of.db', bytes));
    expect(await pictureOfAll()).toEqual(before);
  });

  it('leaves no file open, and memory as it was', async () => {
    expect(openFiles(server.dataPath)).toEqual(filesOpen);
    expect(process.memoryUsage().rss - rssBefore).toBeLessThan(RSS_GROWTH_BYTES_MAX);
    expect(server.logs.filter(({ level }) => level === 'error')).toEqual([]);
  });
});

describe('a file that is odd and right', () => {
  it.each(byName(vectors('invalid').filter(({ strict }) => strict === 'accept')))(
    '%s',
    async (name, { file }) => {
      const bytes = vectorBytes(file);
      const db = fittingBase(bytes) ?? name;
      const answer = await sendTo(db, bytes);
      expect(answer.status, answer.body.toString()).toBe(200);
    },
  );
});
