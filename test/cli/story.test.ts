import { expect, test } from 'vitest';
import { runOf, runs } from '../../cli/log/runs.ts';
import { storyLine } from '../../cli/log/story.ts';
import { WORDS } from '../../cli/log/words.ts';
import type { LogEvent } from '../../src/client/index.ts';
import { EVENT_TYPES, type EventType } from '../../src/events/index.ts';
import { SAMPLE_BODIES } from '../events/sample-bodies.ts';

const actor = { cluster: 'prod', token: 'anonymous', address: '10.0.0.7', request: null };
const system = { cluster: null, token: 'system', address: null, request: null };

const eventOf = (type: EventType, rest: Partial<LogEvent> = {}): LogEvent => ({
  seq: 17,
  time: Date.parse('2026-11-22T08:44:37.919Z'),
  type,
  stream: 'server',
  version: 1,
  schema: 1,
  actor: type.startsWith('transaction') ? actor : system,
  body: SAMPLE_BODIES[type],
  digest: '',
  hash: '',
  ...rest,
});

test('every type of event has its words', async () => {
  expect(EVENT_TYPES.filter((type) => !Object.hasOwn(WORDS, type))).toEqual([]);
  const lines = [...EVENT_TYPES].sort().map((type) => storyLine(runOf(eventOf(type))));
  for (const line of lines) expect(line).not.toMatch(/undefined|NaN|null|\[object/);
});

test('a line says when, which database, what, how much, who', () => {
  expect(storyLine(runOf(eventOf('transaction.ingested')))).toMatch(
    /^ {4}17 {2}2026-11-2\d\S+[+-]\d\d:\d\d {2}app\.db: took in transactions 0x1 to 0xa \(4 pages, .+\) · anonymous at 10\.0\.0\.7$/,
  );
});

test('what happens many times in a row is one line, and nothing is left out', async () => {
  const one = (seq: number, rest: Partial<LogEvent['body']> = {}): LogEvent => {
    const txid = seq.toString(16).padStart(16, '0');
    const body = {
      ...SAMPLE_BODIES['transaction.ingested'],
      sizeBytes: '1024',
      minTxid: txid,
      maxTxid: txid,
    };
    return eventOf('transaction.ingested', { seq, body: { ...body, ...rest } });
  };
  const events = [
    one(1),
    one(2),
    one(3),
    one(4, { db: 'b.db' }),
    one(5),
    eventOf('file.stored', { seq: 6 }),
    one(7),
  ];
  const all = async function* () {
    yield* events;
  };
  const found: string[] = [];
  let count = 0;
  for await (const run of runs(all())) {
    found.push(
      storyLine(run)
        .replace(/ {2}2026-\S+ {2}/, ' ')
        .trim(),
    );
    count += run.count;
  }
  expect(count).toBe(events.length);
  expect(found).toEqual([
    expect.stringMatching(
      /^1-3 app\.db: took in transactions 0x1 to 0x3 \(12 pages, 3\.0 KiB\), until 2026-\S+ · /,
    ),
    expect.stringMatching(/^4 b\.db: took in transaction 0x4 \(4 pages, 1\.0 KiB\) · /),
    expect.stringMatching(/^5 app\.db: /),
    expect.stringMatching(
      /^6 app\.db: stored a level 1 file of transactions 0x1 to 0xa \(4\.0 KiB\) on store · the server$/,
    ),
    expect.stringMatching(/^7 app\.db: /),
  ]);
});
