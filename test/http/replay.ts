import { expect } from 'vitest';
import { formatChecksum, formatTxid } from '../../src/ltx/index.ts';
import { decodeSnapshot, sha256 } from '../support/databases.ts';
import { type Answer, type HttpClient, posText, type WirePos } from '../support/http-client.ts';
import type { TestServer } from '../support/server.ts';
import type { Exchange, Note, Recording } from './recordings.ts';

/** How a replay differs from the recording, where a better server does better. */
export interface ReplayOptions {
  /** True at the entry that cannot be replayed: nothing from there on is. */
  readonly stopAt?: (entry: Exchange | Note) => boolean;
  /** Called at each note, before its state is looked at. */
  readonly atNote?: (note: Note) => Promise<void>;
  /** What to ask for instead of what was recorded; called before each exchange. */
  readonly url?: (exchange: Exchange) => string | Promise<string>;
  /** What an exchange must get instead of what was recorded. */
  readonly expected?: (exchange: Exchange) => Partial<Expected> | undefined;
}

interface Expected {
  readonly status: number;
  /** Of `/db/restore/check`: the recorded server's times are not those of the transactions. */
  readonly timestamp: string;
  readonly positions: Record<string, string>;
}

/** What was replayed: a test says how much that must be, so that an empty replay cannot pass. */
export interface Replayed {
  exchanges: number;
  states: number;
  refusals: string[];
}

/** Sends a recording's requests in their order on one kept-alive connection, and checks each answer and state. */
export async function replay(
  server: TestServer,
  recording: Recording,
  options: ReplayOptions = {},
): Promise<Replayed> {
  const client = server.client(recording.cluster, 1);
  const done: Replayed = { exchanges: 0, states: 0, refusals: [] };
  for (const entry of recording.entries) {
    if (options.stopAt?.(entry) === true) break;
    if (entry.type === 'note') {
      await options.atNote?.(entry);
      if (entry.state !== undefined) await checkState(client, entry, done);
    } else if (entry.injected !== true && entry.status !== null) {
      const url = (await options.url?.(entry)) ?? entry.url;
      const answer = await send(client, { ...entry, url });
      checkAnswer(entry, answer, options.expected?.(entry) ?? {}, done);
    }
  }
  return done;
}

function send(client: HttpClient, { method, url, headers, body }: Exchange): Promise<Answer> {
  const sent = headers.filter(
    ([name]) => !/^(host|connection|transfer-encoding|content-length)$/i.test(name),
  );
  const bytes = Buffer.from(body, 'base64');
  return client.send(method, url, {
    headers: Object.fromEntries(sent),
    ...(method === 'POST' ? { body: bytes } : {}),
  });
}

function checkAnswer(exchange: Exchange, answer: Answer, expected: Partial<Expected>, done: Replayed): void {
  const where = `exchange ${exchange.seq}, ${exchange.method} ${exchange.url}`;
  done.exchanges++;
  expect(answer.status, `${where}: ${answer.body.subarray(0, 300)}`).toBe(expected.status ?? exchange.status);
  const recorded = Buffer.from(exchange.resBody, 'base64');
  if (answer.status === exchange.status) {
    expect(answer.headers['content-type'], where).toBe(contentTypeOf(exchange));
  }
  if (answer.status !== 200) {
    checkRefusal(where, answer, recorded, done);
  } else if (exchange.url === '/pos') {
    const positions = positionsOf(recorded);
    expect(positionsOf(answer.body), where).toEqual(expected.positions ?? positions);
  } else if (exchange.method === 'DELETE') {
    expect(answer.body.byteLength, where).toBe(0);
  } else if (/^\/db\/(upload|restore)\?/.test(exchange.url)) {
    expect(answer.body.toString(), where).toBe(recorded.toString());
  } else if (exchange.url.startsWith('/db/restore/check')) {
    const wanted = { ...JSON.parse(recorded.toString()), timestamp: expected.timestamp };
    expect(answer.body.toString(), where).toBe(JSON.stringify(wanted, null, 2));
  } else if (exchange.url.startsWith('/db/info')) {
    checkInfo(where, answer, recorded);
  } else if (exchange.method === 'POST') {
    expect(answer.headers['litefs-hwm'], where).toMatch(/^[0-9a-f]{16}$/);
    expect(answer.body.byteLength, where).toBe(0);
  } else {
    const snapshot = decodeSnapshot(answer.body);
    const wanted = decodeSnapshot(recorded);
    expect(sha256(snapshot.bytes), where).toBe(sha256(wanted.bytes));
    expect(snapshot.postApplyChecksum, where).toBe(wanted.postApplyChecksum);
    expect(snapshot.header.maxTxid, where).toBe(wanted.header.maxTxid);
  }
}

const contentTypeOf = ({ resHeaders }: Exchange): string | undefined =>
  resHeaders.find(([name]) => /^content-type$/i.test(name))?.[1];

function checkRefusal(where: string, answer: Answer, recorded: Buffer, done: Replayed): void {
  const error = answer.json<{ code: string; error: string; pos?: WirePos }>();
  expect(error.error, where).toEqual(expect.any(String));
  const wanted = JSON.parse(recorded.toString('utf8')) as { code: string; pos?: WirePos };
  expect({ code: error.code, pos: error.pos }, where).toEqual({ code: wanted.code, pos: wanted.pos });
  done.refusals.push(error.code);
}

/** An entry of `/db/info`. */
export interface ListedPoint {
  readonly maxTxId: string;
  readonly maxTimestamp: string;
  readonly postApplyChecksum: string;
}

/** The points that were listed are listed; a better server has more of them. */
function checkInfo(where: string, answer: Answer, recorded: Buffer): void {
  const [ours, wanted] = [answer.json<Info>(), JSON.parse(recorded.toString('utf8')) as Info];
  expect(ours.name, where).toBe(wanted.name);
  expect(ours.restorablePaths.map(stateOf), where).toEqual(
    expect.arrayContaining(wanted.restorablePaths.map(stateOf)),
  );
}

interface Info {
  readonly name: string;
  readonly restorablePaths: readonly ListedPoint[];
}

const stateOf = ({ maxTxId, postApplyChecksum }: ListedPoint): string => `${maxTxId}/${postApplyChecksum}`;

function positionsOf(body: Buffer): Record<string, string> {
  const positions = JSON.parse(body.toString('utf8')) as Record<string, WirePos>;
  return Object.fromEntries(Object.entries(positions).map(([db, pos]) => [db, posText(pos)]));
}

async function checkState(client: HttpClient, note: Note, done: Replayed): Promise<void> {
  const db = note.state ?? '';
  done.states++;
  expect((await client.positions())[db], note.text).toBe(note.pos);
  const sqlite = await client.snapshot(db, 'sqlite');
  const { header, postApplyChecksum, bytes } = decodeSnapshot((await client.snapshot(db)).body);
  expect(`${formatTxid(header.maxTxid)}/${formatChecksum(postApplyChecksum)}`, note.text).toBe(note.pos);
  if (note.dropped === true) {
    expect(sqlite.status, note.text).toBe(404);
    expect(sqlite.json()['code'], note.text).toBe('ENODB');
    expect(header.commit, note.text).toBe(0);
    return;
  }
  expect(sqlite.status, note.text).toBe(200);
  expect(sha256(sqlite.body), note.text).toBe(note.fileSha256);
  expect(sha256(bytes), note.text).toBe(note.fileSha256);
}
