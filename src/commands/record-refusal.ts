import type { EventDraft } from '../events/index.ts';
import { formatChecksum, formatTxid, type LtxHeader, type Pos } from '../ltx/index.ts';
import type { DatabaseState } from './database-state.ts';
import type { Refusal } from './refusal.ts';

/** After so long a run of EBADCHECKSUM a name is left out of `/pos`, ms (`protocol.md`: a way out). */
export const WITHHOLD_AFTER_MS = 60_000;

/** A refusal of one name with one code is recorded once in this time, ms; the others are counted. */
export const REFUSAL_RECORD_INTERVAL_MS = 60_000;

/** What is remembered of a name's refusals with one code. */
export interface RefusalHistory {
  /** When one was last recorded, ms; null when none was. */
  readonly recordedAt: number | null;
  /** How many were left out since. */
  readonly suppressed: number;
}

export interface RefusalDecision {
  /** Events for the stream of refusals. */
  readonly events: readonly EventDraft[];
  readonly history: RefusalHistory;
}

/** Which events a refused file leaves behind: a rate-limited record, and the name withheld after a minute. */
export function recordRefusal(
  state: DatabaseState,
  header: LtxHeader | null,
  refusal: Refusal,
  history: RefusalHistory,
  now: number,
): RefusalDecision {
  const withhold = mustWithhold(state, refusal, now);
  const due = history.recordedAt === null || now - history.recordedAt >= REFUSAL_RECORD_INTERVAL_MS;
  const first = refusal.code === 'EBADCHECKSUM' && state.pos !== null && state.failingSince === null;
  if (!due && !withhold && !first) {
    return { events: [], history: { recordedAt: history.recordedAt, suppressed: history.suppressed + 1 } };
  }
  const events: EventDraft[] = [refusedEvent(state, header, refusal, history.suppressed)];
  if (withhold) events.push(withheldEvent(state, state.failingSince ?? now));
  return { events, history: { recordedAt: now, suppressed: 0 } };
}

function mustWithhold(state: DatabaseState, refusal: Refusal, now: number): boolean {
  if (refusal.code !== 'EBADCHECKSUM' || state.pos === null || state.withheld) return false;
  return state.failingSince !== null && now - state.failingSince >= WITHHOLD_AFTER_MS;
}

function refusedEvent(
  state: DatabaseState,
  header: LtxHeader | null,
  refusal: Refusal,
  suppressed: number,
): EventDraft {
  return {
    type: 'ingest.refused',
    body: {
      cluster: state.cluster,
      db: state.db,
      code: refusal.code,
      message: refusal.message,
      minTxid: header === null ? null : formatTxid(header.minTxid),
      maxTxid: header === null ? null : formatTxid(header.maxTxid),
      position: state.pos === null ? null : written(state.pos),
      suppressed,
    },
  };
}

function withheldEvent(state: DatabaseState, failingSince: number): EventDraft {
  const { txid, checksum } = written(state.pos ?? { txid: 0n, checksum: 0n });
  return {
    type: 'position.withheld',
    body: { cluster: state.cluster, db: state.db, txid, checksum, failingSince, untilWhole: false },
  };
}

const written = (pos: Pos) => ({ txid: formatTxid(pos.txid), checksum: formatChecksum(pos.checksum) });
