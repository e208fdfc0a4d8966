import { describe, expect, it } from 'vitest';
import { type DatabaseState, unknownDatabase } from '../../src/commands/database-state.ts';
import {
  decideImport,
  type ImportedFile,
  type ImportPlace,
  planImport,
  type SourceImage,
} from '../../src/commands/decide-import.ts';
import { validateBody } from '../../src/events/index.ts';
import { aDatabase, aDroppedDatabase, EMPTY, NOW, SUM_7, SUM_8 } from './fixtures.ts';

const anImage = (changes: Partial<SourceImage> = {}): SourceImage => ({
  pageSize: 4096,
  commit: 3,
  journalMode: 'rollback',
  sizeBytes: 12_288,
  sha256: 'cd'.repeat(32),
  ...changes,
});

const AFTER_7: ImportPlace = { txid: 8n, preApplyChecksum: SUM_7, journalModeForced: false };
const FIRST: ImportPlace = { txid: 1n, preApplyChecksum: 0n, journalModeForced: false };

const anImport = (place: ImportPlace, changes: Partial<ImportedFile> = {}): ImportedFile => ({
  source: anImage(),
  place,
  pages: 3,
  postApplyChecksum: SUM_8,
  fileChecksum: 0x8000_0000_0000_00ffn,
  timestamp: NOW.wall - 5,
  sizeBytes: 1_000,
  sha256: 'ab'.repeat(32),
  payload: { kind: 'row' },
  ...changes,
});

const decide = (state: DatabaseState, file: ImportedFile, computedChecksum = SUM_8) =>
  decideImport({ state, file, facts: { grownPages: 0, computedChecksum }, now: NOW });

const unknown = unknownDatabase('shop', 'orders.db');
const deleted = aDatabase({ incarnation: 4, pos: null, commit: 0, effectiveTime: null });

describe('where an image goes', () => {
  it.each([
    ['a name never seen', unknown, FIRST],
    ['a deleted name', deleted, FIRST],
    ['a live name', aDatabase(), AFTER_7],
    ['a name that its primary dropped', aDroppedDatabase(), { ...AFTER_7, preApplyChecksum: EMPTY }],
  ])('%s', (_name, state, place) => {
    expect(planImport(state, anImage())).toEqual({ kind: 'planned', place });
  });

  it('is nowhere while the whole database is awaited, unless it was deleted', () => {
    const lost = { withheld: true, untilWhole: true };
    const refusal = expect.objectContaining({ code: 'EUNAVAILABLE' });
    expect(planImport(aDatabase(lost), anImage())).toEqual({ kind: 'refused', refusal });
    expect(planImport({ ...deleted, ...lost }, anImage())).toEqual({ kind: 'planned', place: FIRST });
    expect(planImport(aDatabase({ withheld: true }), anImage())).toMatchObject({ kind: 'planned' });
  });

  it.each([
    ['wal', 'rollback', true],
    ['wal', 'wal', false],
    ['rollback', 'rollback', false],
    ['rollback', 'wal', false],
    [null, 'rollback', false],
    [null, 'wal', false],
  ] as const)('into a live name in mode %s, an image in mode %s: forced to WAL %s', (live, image, forced) => {
    for (const name of [aDatabase({ journalMode: live }), aDroppedDatabase({ journalMode: live })]) {
      expect(planImport(name, anImage({ journalMode: image }))).toMatchObject({
        place: { journalModeForced: forced },
      });
    }
  });

  it.each([
    ['live', aDatabase(), 'the database has pages of 4096 bytes'],
    ['dropped', aDroppedDatabase(), 'the database has pages of 4096 bytes'],
    ['deleted', deleted, 'the database had, and its primary remembers, pages of 4096 bytes'],
  ])('nowhere when the %s name has another page size', (_name, state, hint) => {
    expect(planImport(state, anImage({ pageSize: 1024 }))).toMatchObject({
      kind: 'refused',
      refusal: { code: 'EBADHEADER', message: 'page size mismatch', hint: expect.stringContaining(hint) },
    });
  });

  it('nowhere after the highest TXID', () => {
    const last = aDatabase({ pos: { txid: 2n ** 64n - 1n, checksum: SUM_7 } });
    expect(planImport(last, anImage())).toMatchObject({ refusal: { code: 'EPOSMISMATCH' } });
  });
});

describe('given a file that was made for the place', () => {
  it('a new name is created with it', () => {
    expect(decide(unknown, anImport(FIRST))).toMatchObject({
      kind: 'accepted',
      incarnation: 1,
      events: [
        { type: 'database.created', body: { incarnation: 1, pageSize: 4096 } },
        { type: 'transaction.imported', body: { minTxid: '0000000000000001', maxTxid: '0000000000000001' } },
      ],
    });
  });

  it('a deleted name lives again, as its next incarnation', () => {
    expect(decide(deleted, anImport(FIRST))).toMatchObject({
      incarnation: 5,
      events: [{ type: 'database.created', body: { incarnation: 5 } }, { type: 'transaction.imported' }],
    });
  });

  it('a live name gets one transaction, and the event says all there is to say', () => {
    const state = aDatabase({ incarnation: 2, journalMode: 'wal', effectiveTime: NOW.wall - 3 });
    const decision = decide(state, anImport({ ...AFTER_7, journalModeForced: true }));
    if (decision.kind !== 'accepted') throw new Error(decision.kind);
    expect(decision.incarnation).toBe(2);
    expect(decision.events).toEqual([
      {
        type: 'transaction.imported',
        body: {
          cluster: 'shop',
          db: 'orders.db',
          minTxid: '0000000000000008',
          maxTxid: '0000000000000008',
          pageSize: 4096,
          commit: 3,
          pages: 3,
          preApplyChecksum: '8000000000000007',
          postApplyChecksum: '8000000000000008',
          timestamp: NOW.wall - 5,
          effectiveTime: NOW.wall - 3,
          sizeBytes: '1000',
          sha256: 'ab'.repeat(32),
          fileChecksum: '80000000000000ff',
          payload: { kind: 'row' },
          journalMode: 'wal',
          nodeId: '0000000000000000',
          source: { sizeBytes: '12288', sha256: 'cd'.repeat(32) },
          journalModeForced: true,
        },
      },
    ]);
    expect(() => validateBody('transaction.imported', decision.events[0]?.body)).not.toThrow();
  });

  it('a name that is left out of /pos takes it too: it is whole', () => {
    expect(decide(aDatabase({ withheld: true }), anImport(AFTER_7)).kind).toBe('accepted');
  });
});

describe('given a file that was made for another place', () => {
  it.each([
    ['the name moved on', aDatabase({ pos: { txid: 9n, checksum: SUM_8 } }), { txid: 10n }],
    ['the name has another content', aDatabase({ pos: { txid: 7n, checksum: SUM_8 } }), { txid: 8n }],
    ['the name was deleted', deleted, { txid: 1n, preApplyChecksum: 0n }],
    ['the name was dropped', aDroppedDatabase(), { preApplyChecksum: EMPTY }],
    ['the name went to WAL mode', aDatabase({ journalMode: 'wal' }), { journalModeForced: true }],
  ])('it is told the new one: %s', (_name, state, place) => {
    expect(decide(state, anImport(AFTER_7))).toMatchObject({ kind: 'moved', place });
  });

  it('it is told when a name appeared that did not exist', () => {
    expect(decide(aDatabase(), anImport(FIRST))).toEqual({ kind: 'moved', place: AFTER_7 });
  });

  it('it is refused when the name now has another page size', () => {
    expect(decide(aDatabase({ pageSize: 512 }), anImport(AFTER_7))).toMatchObject({
      refusal: { code: 'EBADHEADER' },
    });
  });
});

it('a file whose checksum is not that of its pages is not taken', () => {
  expect(decide(aDatabase(), anImport(AFTER_7), SUM_7)).toEqual({
    kind: 'refused',
    refusal: {
      code: 'ECORRUPT',
      message: 'the file made of the image has checksum 8000000000000008, its pages 8000000000000007',
    },
  });
});

it('an image that has the checksum of an empty database is refused', () => {
  const file = anImport(AFTER_7, { postApplyChecksum: EMPTY });
  expect(decide(aDatabase(), file, EMPTY)).toMatchObject({
    kind: 'refused',
    refusal: { code: 'EBADCHECKSUM' },
  });
});
