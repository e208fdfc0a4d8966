import { describe, expect, it } from 'vitest';
import type { DatabaseState } from '../../src/commands/database-state.ts';
import { unknownDatabase } from '../../src/commands/database-state.ts';
import { type Admitted, decideIngest } from '../../src/commands/decide-ingest.ts';
import type { IndexFacts, ReceivedFile } from '../../src/commands/ingest.ts';
import { validateBody } from '../../src/events/index.ts';
import { aDatabase, aDroppedDatabase, aFile, aSnapshot, EMPTY, fault, good, NOW, SUM_8 } from './fixtures.ts';

const FITS: IndexFacts = { grownPages: 0, computedChecksum: SUM_8 };

const decide = (state: DatabaseState, kind: Admitted['kind'], file: ReceivedFile, facts: IndexFacts = FITS) =>
  decideIngest({ state, file, now: NOW }, { kind }, facts);

describe('given that every page is there and the checksum comes out right', () => {
  it('a new name is created with its first transaction', () => {
    const decision = decide(unknownDatabase('shop', 'orders.db'), 'create', aSnapshot(3n), {
      grownPages: 10,
      computedChecksum: SUM_8,
    });
    expect(decision).toMatchObject({
      kind: 'accepted',
      incarnation: 1,
      events: [
        {
          type: 'database.created',
          body: { cluster: 'shop', db: 'orders.db', incarnation: 1, pageSize: 4096 },
        },
        { type: 'transaction.ingested', body: { minTxid: '0000000000000001', maxTxid: '0000000000000003' } },
      ],
    });
  });

  it('a name that lived before is created as its next incarnation', () => {
    const former = aDatabase({ incarnation: 4, pos: null, commit: 0 });
    expect(
      decide(former, 'create', aSnapshot(1n), { grownPages: 10, computedChecksum: SUM_8 }),
    ).toMatchObject({
      incarnation: 5,
      events: [{ body: { incarnation: 5 } }, {}],
    });
  });

  it('the next file is one transaction of the same incarnation', () => {
    const decision = decide(aDatabase({ incarnation: 2 }), 'append', aFile());
    expect(decision).toMatchObject({ incarnation: 2, events: [{ type: 'transaction.ingested' }] });
  });

  it('a re-base is an event of its own kind', () => {
    const decision = decide(aDatabase({ withheld: true }), 'rebase', aSnapshot(9n), {
      grownPages: 10,
      computedChecksum: SUM_8,
    });
    expect(decision).toMatchObject({ incarnation: 1, events: [{ type: 'transaction.rebased' }] });
  });

  it('the event says all that the file says, and fits its schema', () => {
    const file = aFile({ maxTxid: 9n, timestampMs: 1_750_000_000_000n, nodeId: 0xabcn });
    const decision = decide(aDatabase(), 'append', { ...file, journalMode: 'wal' });
    if (decision.kind !== 'accepted') throw new Error('refused');
    const [event] = decision.events;
    expect(event).toEqual({
      type: 'transaction.ingested',
      body: {
        cluster: 'shop',
        db: 'orders.db',
        minTxid: '0000000000000008',
        maxTxid: '0000000000000009',
        pageSize: 4096,
        commit: 10,
        pages: 1,
        preApplyChecksum: '8000000000000007',
        postApplyChecksum: '8000000000000008',
        timestamp: 1_750_000_000_000,
        effectiveTime: 1_750_000_000_000,
        sizeBytes: '1000',
        sha256: 'ab'.repeat(32),
        fileChecksum: '80000000000000ff',
        payload: { kind: 'row' },
        journalMode: 'wal',
        nodeId: '0000000000000abc',
      },
    });
    expect(() => validateBody('transaction.ingested', event?.body)).not.toThrow();
  });

  it.each([
    ['beyond what JSON can say', 2n ** 63n - 1n, Number.MAX_SAFE_INTEGER],
    ['before what JSON can say', -(2n ** 63n), -Number.MAX_SAFE_INTEGER],
  ])('a timestamp %s is cut to what it can', (_, timestampMs, timestamp) => {
    expect(decide(aDatabase(), 'append', aFile({ timestampMs }))).toMatchObject({
      events: [{ body: { timestamp } }],
    });
  });
});

describe('growth needs every new page', () => {
  const grown = (grownPages: number, computedChecksum = SUM_8) =>
    decide(aDatabase(), 'append', aFile({ commit: 15 }), { grownPages, computedChecksum });

  it('five pages for five more', () => {
    expect(grown(5).kind).toBe('accepted');
  });

  it('four are not enough, and the message says which may be missing', () => {
    expect(grown(4)).toEqual({
      kind: 'refused',
      refusal: { code: 'EMISSINGPAGES', message: '1 of the pages 11 to 15 are missing from the file' },
    });
  });

  it('missing pages are told before a checksum that is wrong as well', () => {
    expect(grown(4, EMPTY)).toMatchObject({ refusal: { code: 'EMISSINGPAGES' } });
  });

  it('after a deletion all pages are new', () => {
    const file = aFile({ commit: 3, pre: EMPTY });
    const facts = (grownPages: number): IndexFacts => ({ grownPages, computedChecksum: SUM_8 });
    expect(decide(aDroppedDatabase(), 'append', file, facts(2))).toMatchObject({
      refusal: { code: 'EMISSINGPAGES' },
    });
    expect(decide(aDroppedDatabase(), 'append', file, facts(3)).kind).toBe('accepted');
  });

  it('the lock page is never among them', () => {
    // Pages of 65,536 bytes: the lock page is 16,385.
    const state = aDatabase({ pageSize: 65_536, commit: 16_383 });
    const file = aFile({ pageSize: 65_536, commit: 16_386 });
    const facts = (grownPages: number): IndexFacts => ({ grownPages, computedChecksum: SUM_8 });
    expect(decide(state, 'append', file, facts(2)).kind).toBe('accepted');
    expect(decide(state, 'append', file, facts(1)).kind).toBe('refused');
  });

  it('a database that shrinks needs none', () => {
    expect(decide(aDatabase(), 'append', aFile({ commit: 4 })).kind).toBe('accepted');
  });
});

describe('the post-apply checksum', () => {
  it('is refused when the computed one differs, and both are named', () => {
    const facts = { grownPages: 0, computedChecksum: 0x8000_0000_0000_0badn };
    expect(decide(aDatabase(), 'append', aFile(), facts)).toEqual({
      kind: 'refused',
      refusal: {
        code: 'EBADCHECKSUM',
        message: 'post-apply checksum 8000000000000008 differs from the computed 8000000000000bad',
      },
    });
  });

  it('fits a deletion when it is that of an empty database', () => {
    const file = aFile({ commit: 0, contents: good(EMPTY, 0) });
    expect(decide(aDatabase(), 'append', file, { grownPages: 0, computedChecksum: EMPTY }).kind).toBe(
      'accepted',
    );
  });
});

it('a file with a fault never gets this far', () => {
  const file = aFile({ contents: { ok: false, fault: fault('LTX_TRUNCATED') } });
  expect(() => decide(aDatabase(), 'append', file)).toThrow('cannot have been admitted');
});

it('pages that have the checksum of an empty database are refused: what follows would pass for a re-creation', () => {
  const facts = { grownPages: 0, computedChecksum: EMPTY };
  const decision = decide(aDatabase(), 'append', aFile({ contents: good(EMPTY) }), facts);
  expect(decision).toMatchObject({ kind: 'refused', refusal: { code: 'EBADCHECKSUM' } });
  const dropped = aFile({ commit: 0, contents: good(EMPTY, 0) });
  expect(decide(aDatabase(), 'append', dropped, facts)).toMatchObject({ kind: 'accepted' });
});
