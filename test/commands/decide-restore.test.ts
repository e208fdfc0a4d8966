import { describe, expect, it } from 'vitest';
import {
  decideRestore,
  isStillThere,
  planRestore,
  type RestoredFile,
  type RestoreTarget,
} from '../../src/commands/decide-restore.ts';
import { validateBody } from '../../src/events/index.ts';
import { aDatabase, aDroppedDatabase, EMPTY, NOW, SUM_6, SUM_7, SUM_8 } from './fixtures.ts';

const aTarget = (changes: Partial<RestoreTarget> = {}): RestoreTarget => ({
  incarnation: 1,
  pos: { txid: 6n, checksum: SUM_6 },
  timestamp: 1_600_000_000_000,
  pageSize: 4096,
  commit: 9,
  ...changes,
});

const aRestore = (changes: Partial<RestoredFile> = {}): RestoredFile => ({
  target: aTarget(),
  onto: { txid: 7n, checksum: SUM_7 },
  journalModeForced: false,
  journalMode: null,
  pages: 2,
  postApplyChecksum: SUM_6,
  fileChecksum: SUM_8,
  timestamp: 1_750_000_000_000,
  sizeBytes: 900,
  sha256: 'cd'.repeat(32),
  payload: { kind: 'row' },
  ...changes,
});

const facts = { grownPages: 0, computedChecksum: SUM_6 };

describe('planning a restore', () => {
  it('goes onto the newest transaction', () => {
    expect(planRestore(aDatabase(), aTarget())).toEqual({
      kind: 'planned',
      onto: { txid: 7n, checksum: SUM_7 },
    });
  });

  it('does nothing where the database is at the point', () => {
    const target = aTarget({ pos: { txid: 7n, checksum: SUM_7 } });
    expect(planRestore(aDatabase(), target)).toEqual({ kind: 'unchanged', pos: target.pos });
  });

  it('brings back a dropped database, and drops one again', () => {
    expect(planRestore(aDroppedDatabase(), aTarget())).toMatchObject({ kind: 'planned' });
    const dropped = aTarget({ commit: 0, pos: { txid: 5n, checksum: EMPTY } });
    expect(planRestore(aDatabase(), dropped)).toMatchObject({ kind: 'planned' });
  });

  it('waits for the whole database where nothing leads to its newest transaction', () => {
    const state = aDatabase({ withheld: true, untilWhole: true });
    const refusal = expect.objectContaining({ code: 'EUNAVAILABLE' });
    expect(planRestore(state, aTarget())).toEqual({ kind: 'refused', refusal });
    // That may have been found since it was planned.
    expect(decideRestore({ state, file: aRestore(), facts, now: NOW })).toEqual({ kind: 'refused', refusal });
    const dropped = aTarget({ commit: 0, pos: { txid: 5n, checksum: EMPTY } });
    expect(planRestore(state, dropped)).toMatchObject({ kind: 'planned' });
    expect(planRestore({ ...state, untilWhole: false }, aTarget())).toMatchObject({ kind: 'planned' });
  });

  it('refuses another page size, also of a dropped database: its primary has pinned it', () => {
    for (const state of [aDatabase(), aDroppedDatabase()]) {
      expect(planRestore(state, aTarget({ pageSize: 512 }))).toMatchObject({
        kind: 'refused',
        refusal: { code: 'EBADHEADER', message: 'page size mismatch' },
      });
    }
  });

  it('refuses a database that is deleted, or deleted and created again', () => {
    for (const state of [aDatabase({ pos: null, base: null, commit: 0 }), aDatabase({ incarnation: 2 })]) {
      expect(planRestore(state, aTarget())).toMatchObject({ kind: 'refused', refusal: { code: 'ENODB' } });
    }
  });

  it('refuses to go beyond the highest TXID', () => {
    const state = aDatabase({ pos: { txid: 2n ** 64n - 1n, checksum: SUM_7 } });
    expect(planRestore(state, aTarget())).toMatchObject({
      kind: 'refused',
      refusal: { code: 'EPOSMISMATCH', pos: state.pos },
    });
  });
});

describe('a restore that was built', () => {
  it.each([
    ['there is a newer transaction', aDatabase({ pos: { txid: 8n, checksum: SUM_8 } })],
    ['the same TXID has another state', aDatabase({ pos: { txid: 7n, checksum: SUM_8 } })],
    ['it was deleted', aDatabase({ pos: null })],
    ['it was deleted and has come again', aDatabase({ incarnation: 2 })],
  ])('is made again when %s', (_name, state) => {
    expect(isStillThere(state, aRestore())).toBe(false);
    expect(() => decideRestore({ state, file: aRestore(), facts, now: NOW })).toThrow('made for');
  });

  it('becomes the next transaction, and says which point it is', () => {
    const state = aDatabase();
    const file = aRestore({ journalModeForced: true, journalMode: 'wal' });
    const decision = decideRestore({ state, file, facts, now: NOW });
    expect(decision).toMatchObject({
      kind: 'accepted',
      events: [
        {
          type: 'transaction.restored',
          body: {
            cluster: 'shop',
            db: 'orders.db',
            minTxid: '0000000000000008',
            maxTxid: '0000000000000008',
            commit: 9,
            pages: 2,
            preApplyChecksum: '8000000000000007',
            postApplyChecksum: '8000000000000006',
            timestamp: 1_750_000_000_000,
            effectiveTime: 1_750_000_000_000,
            target: { txid: '0000000000000006', checksum: '8000000000000006', timestamp: 1_600_000_000_000 },
            journalModeForced: true,
            journalMode: 'wal',
          },
        },
      ],
    });
    if (decision.kind !== 'accepted') throw new Error('not accepted');
    expect(() => validateBody('transaction.restored', decision.events[0]?.body)).not.toThrow();
  });

  it('never goes back in time, and trusts no clock that has jumped', () => {
    const state = aDatabase({ effectiveTime: 1_790_000_000_000 });
    for (const now of [NOW, { ...NOW, trusted: false }]) {
      const decision = decideRestore({ state, file: aRestore(), facts, now });
      expect(decision).toMatchObject({ events: [{ body: { effectiveTime: 1_790_000_000_000 } }] });
    }
  });

  it('is refused when its pages do not lead to the content', () => {
    const wrong = { grownPages: 0, computedChecksum: SUM_8 };
    expect(decideRestore({ state: aDatabase(), file: aRestore(), facts: wrong, now: NOW })).toMatchObject({
      kind: 'refused',
      refusal: { code: 'ECORRUPT' },
    });
  });
});
