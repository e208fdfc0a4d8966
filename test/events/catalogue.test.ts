import { describe, expect, it } from 'vitest';
import {
  EVENT_TYPES,
  GENESIS_HASH,
  readEvent,
  recordEvent,
  SYSTEM_ACTOR,
  schemaVersion,
  upcast,
  validateBody,
} from '../../src/events/index.ts';
import { SAMPLE_BODIES } from './sample-bodies.ts';

const sample = SAMPLE_BODIES['transaction.ingested'];
const place = {
  seq: 1,
  stream: 'server',
  version: 1,
  time: 5,
  actor: SYSTEM_ACTOR,
  previousHash: GENESIS_HASH,
};

describe('the event catalogue', () => {
  it.each(EVENT_TYPES)('takes a body of %s, and reads it back', (type) => {
    const body = SAMPLE_BODIES[type];
    expect(validateBody(type, body)).toEqual(body);
    expect(upcast(type, schemaVersion(type), JSON.parse(JSON.stringify(body)))).toEqual(body);
  });

  it.each(EVENT_TYPES)('refuses an unknown and a missing field of %s', (type) => {
    const body: Record<string, unknown> = SAMPLE_BODIES[type];
    expect(() => validateBody(type, { ...body, extra: 1 })).toThrow(
      expect.objectContaining({ code: 'EEVENTBODY' }),
    );
    const [first = ''] = Object.keys(body);
    const { [first]: _left, ...rest } = body;
    expect(() => validateBody(type, rest)).toThrow(expect.objectContaining({ code: 'EEVENTBODY' }));
  });

  it.each([
    ['an upper-case TXID', { minTxid: '000000000000000A' }],
    ['a TXID as a number', { minTxid: 1 }],
    ['a size as a number', { sizeBytes: 10 }],
    ['a size with a leading zero', { sizeBytes: '010' }],
    ['a time that is no integer', { timestamp: 1.5 }],
    ['a time beyond 2^53', { timestamp: 2 ** 53 }],
    ['a name with a slash', { db: 'a/b' }],
    ['a name that starts with a dot', { db: '..' }],
    ['a page size that is no power of two', { pageSize: 1000 }],
    ['a path as a spool name', { payload: { kind: 'spool', name: '../x' } }],
  ])('refuses %s', (_name, change) => {
    expect(() => validateBody('transaction.ingested', { ...sample, ...change })).toThrow(
      expect.objectContaining({ code: 'EEVENTBODY' }),
    );
  });

  it('refuses a type it does not know, and a schema newer than it knows', () => {
    expect(() => upcast('database.painted', 1, {})).toThrow(expect.objectContaining({ code: 'EEVENTTYPE' }));
    expect(() => upcast('toString', 1, {})).toThrow(expect.objectContaining({ code: 'EEVENTTYPE' }));
    expect(() => upcast('server.stopped', 2, { reason: '' })).toThrow(
      expect.objectContaining({ code: 'EEVENTSCHEMA' }),
    );
    expect(() => upcast('server.stopped', 0, { reason: '' })).toThrow(
      expect.objectContaining({ code: 'EEVENTSCHEMA' }),
    );
  });
});

describe('an event', () => {
  it('is read back from its canonical text as it was recorded', () => {
    const event = recordEvent({ type: 'transaction.ingested', body: sample }, place);
    const { canonical, digest, hash } = event;
    expect(readEvent({ canonical, digest, hash })).toEqual(event);
  });

  it('has the canonical text and the hashes that the format gives', () => {
    const event = recordEvent({ type: 'server.stopped', body: { reason: 'é' } }, place);
    expect(event.canonical).toBe(
      '{"actor":{"address":null,"cluster":null,"request":null,"token":"system"},"body":{"reason":"é"},' +
        '"schema":1,"seq":1,"stream":"server","time":5,"type":"server.stopped","version":1}',
    );
    // From `sha256sum`, over the text and over "lfsb.event.v1", a zero byte, 32 zero bytes and the digest.
    expect(Buffer.from(event.digest).toString('hex')).toBe(
      '865fc7a83874a08d9b97c481a866f04653f945041344c056a32c80190b572945',
    );
    expect(Buffer.from(event.hash).toString('hex')).toBe(
      '55c5a43ed090344cb21ee9197610d3d3841bd441ca198103f71eb9c4012a1f33',
    );
  });
});
