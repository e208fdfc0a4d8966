import { describe, expect, it } from 'vitest';
import type { DatabaseState } from '../../src/commands/database-state.ts';
import { unknownDatabase } from '../../src/commands/database-state.ts';
import {
  REFUSAL_RECORD_INTERVAL_MS,
  type RefusalHistory,
  recordRefusal,
  WITHHOLD_AFTER_MS,
} from '../../src/commands/record-refusal.ts';
import { refuse } from '../../src/commands/refusal.ts';
import { validateBody } from '../../src/events/index.ts';
import { aDatabase, aFile, NOW } from './fixtures.ts';

const T = NOW.wall;
const NEVER: RefusalHistory = { recordedAt: null, suppressed: 0 };
const bad = refuse('EBADCHECKSUM', 'it does not fit');
const mismatch = refuse('EPOSMISMATCH', 'position mismatch');

const record = (state: DatabaseState, refusal = bad, history = NEVER, now = T) =>
  recordRefusal(state, aFile().header, refusal, history, now);
const typesOf = (decision: ReturnType<typeof record>): string[] => decision.events.map(({ type }) => type);

describe('a refusal is recorded', () => {
  it('with the position it met, and the file it was', () => {
    const { events, history } = record(aDatabase());
    expect(events).toEqual([
      {
        type: 'ingest.refused',
        body: {
          cluster: 'shop',
          db: 'orders.db',
          code: 'EBADCHECKSUM',
          message: 'it does not fit',
          minTxid: '0000000000000008',
          maxTxid: '0000000000000008',
          position: { txid: '0000000000000007', checksum: '8000000000000007' },
          suppressed: 0,
        },
      },
    ]);
    expect(() => validateBody('ingest.refused', events[0]?.body)).not.toThrow();
    expect(history).toEqual({ recordedAt: T, suppressed: 0 });
  });

  it('without either where there is none', () => {
    const { events } = recordRefusal(unknownDatabase('shop', 'x.db'), null, mismatch, NEVER, T);
    expect(events).toMatchObject([{ body: { minTxid: null, maxTxid: null, position: null } }]);
    expect(() => validateBody('ingest.refused', events[0]?.body)).not.toThrow();
  });

  it('once a minute, with how many were left out in between', () => {
    const state = aDatabase({ failingSince: null });
    let history = record(state, mismatch).history;
    for (let i = 1; i <= 3; i++) {
      const next = record(state, mismatch, history, T + i * 1_000);
      expect(next.events).toEqual([]);
      history = next.history;
    }
    expect(history).toEqual({ recordedAt: T, suppressed: 3 });
    expect(record(state, mismatch, history, T + REFUSAL_RECORD_INTERVAL_MS - 1).events).toEqual([]);
    expect(record(state, mismatch, history, T + REFUSAL_RECORD_INTERVAL_MS)).toMatchObject({
      events: [{ body: { suppressed: 3 } }],
      history: { recordedAt: T + REFUSAL_RECORD_INTERVAL_MS, suppressed: 0 },
    });
  });

  it('at once where it begins a run of failures, which must be dated', () => {
    const history = { recordedAt: T - 1_000, suppressed: 2 };
    expect(record(aDatabase({ failingSince: null }), bad, history)).toMatchObject({
      events: [{ body: { code: 'EBADCHECKSUM', suppressed: 2 } }],
    });
    expect(record(aDatabase({ failingSince: T - 500 }), bad, history).events).toEqual([]);
  });
});

describe('a name whose files keep failing', () => {
  const failing = aDatabase({ failingSince: T - WITHHOLD_AFTER_MS });

  it('is withheld after a minute, with or without a record being due', () => {
    for (const history of [NEVER, { recordedAt: T - 1, suppressed: 7 }]) {
      const decision = record(failing, bad, history);
      expect(typesOf(decision)).toEqual(['ingest.refused', 'position.withheld']);
      expect(decision.events[1]?.body).toEqual({
        cluster: 'shop',
        db: 'orders.db',
        txid: '0000000000000007',
        checksum: '8000000000000007',
        failingSince: T - WITHHOLD_AFTER_MS,
        untilWhole: false,
      });
    }
  });

  it('is not withheld a moment earlier', () => {
    const state = aDatabase({ failingSince: T - WITHHOLD_AFTER_MS + 1 });
    expect(typesOf(record(state))).toEqual(['ingest.refused']);
  });

  it('is withheld for wrong checksums only', () => {
    expect(typesOf(record(failing, mismatch))).toEqual(['ingest.refused']);
    expect(typesOf(record(failing, refuse('EBADLTX', 'cut')))).toEqual(['ingest.refused']);
  });

  it('is withheld once', () => {
    expect(typesOf(record({ ...failing, withheld: true }))).toEqual(['ingest.refused']);
  });

  it('is not withheld where it has no position', () => {
    expect(typesOf(record({ ...failing, pos: null }))).toEqual(['ingest.refused']);
  });
});
