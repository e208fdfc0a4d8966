import type { EventBody, EventDraft } from '../events/index.ts';
import { type Checksum, formatChecksum, formatTxid, type Pos } from '../ltx/index.ts';
import { effectiveTime } from './clock.ts';
import type { DatabaseState, JournalMode } from './database-state.ts';
import { TXID_MAX } from './decide-import.ts';
import type { IndexFacts, Now, PayloadPlace } from './ingest.ts';
import { AWAITS_WHOLE, type Refusal, refuse } from './refusal.ts';

/** The point that a database is set back to. */
export interface RestoreTarget {
  /** The incarnation whose point it is. */
  readonly incarnation: number;
  readonly pos: Pos;
  /** Effective time, ms. */
  readonly timestamp: number;
  readonly pageSize: number;
  /** Size in pages; 0 for a point at which the database was dropped. */
  readonly commit: number;
}

export type RestorePlan =
  /** Restore onto this position. */
  | { readonly kind: 'planned'; readonly onto: Pos }
  /** The database is at that point now. */
  | { readonly kind: 'unchanged'; readonly pos: Pos }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The target's content as the LTX file that was made of it. */
export interface RestoredFile {
  readonly target: RestoreTarget;
  /** The position that the file continues. */
  readonly onto: Pos;
  readonly journalModeForced: boolean;
  /** What page 1 of the file says; null when page 1 is not in it. */
  readonly journalMode: JournalMode | null;
  /** Pages in the file. */
  readonly pages: number;
  readonly postApplyChecksum: Checksum;
  readonly fileChecksum: Checksum;
  /** The time in its header, ms. */
  readonly timestamp: number;
  /** Size of the payload as it is stored, bytes. */
  readonly sizeBytes: number;
  /** SHA-256 of the payload as it is stored, 64 hex digits. */
  readonly sha256: string;
  readonly payload: PayloadPlace;
}

export interface RestoreContext {
  readonly state: DatabaseState;
  readonly file: RestoredFile;
  readonly facts: IndexFacts;
  readonly now: Now;
}

export type RestoreDecision =
  | { readonly kind: 'accepted'; readonly events: readonly EventDraft[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Whether a database can be set back to a point as things stand. LiteFS pins a name's page size for ever, so a
 * point from before a re-creation with another one is out of reach. (Its journal mode is a matter of page 1.)
 */
export function planRestore(state: DatabaseState, target: RestoreTarget): RestorePlan {
  const { pos } = state;
  if (pos === null || state.incarnation !== target.incarnation) {
    return { kind: 'refused', refusal: refuse('ENODB', 'database not found') };
  }
  if (isSame(pos, target.pos)) return { kind: 'unchanged', pos };
  if (mayNotFollow(state, target)) return { kind: 'refused', refusal: AWAITS_WHOLE };
  if (target.pageSize !== state.pageSize) {
    const hint = `the database has pages of ${state.pageSize} bytes, at that point it had ${target.pageSize}: export that point instead`;
    return { kind: 'refused', refusal: refuse('EBADHEADER', 'page size mismatch', { hint }) };
  }
  if (pos.txid === TXID_MAX) {
    const refusal = refuse('EPOSMISMATCH', 'the database is at the highest TXID there is', { pos });
    return { kind: 'refused', refusal };
  }
  return { kind: 'planned', onto: pos };
}

/**
 * While the whole database is awaited, what is set back leads nowhere, and its primary, a transaction behind, is told of
 * a mismatch and finds no snapshot to go on from. A deletion needs nothing from before.
 */
const mayNotFollow = ({ untilWhole }: DatabaseState, { commit }: RestoreTarget): boolean =>
  untilWhole && commit > 0;

/** Whether a file was made for the database as it is now: else it has to be made again. */
export const isStillThere = ({ incarnation, pos }: DatabaseState, { target, onto }: RestoredFile): boolean =>
  pos !== null && incarnation === target.incarnation && isSame(pos, onto);

const isSame = (a: Pos, b: Pos): boolean => a.txid === b.txid && a.checksum === b.checksum;

/** The next transaction of the name, if the pages of the file lead to the target's content. */
export function decideRestore(context: RestoreContext): RestoreDecision {
  const { state, file, facts } = context;
  if (!isStillThere(state, file)) throw new Error('a file is decided on where it was made for');
  if (mayNotFollow(state, file.target)) return { kind: 'refused', refusal: AWAITS_WHOLE };
  if (facts.computedChecksum !== file.postApplyChecksum) {
    const said = formatChecksum(file.postApplyChecksum);
    const message = `the content to restore has checksum ${said}, its pages lead to ${formatChecksum(facts.computedChecksum)}`;
    return { kind: 'refused', refusal: refuse('ECORRUPT', message) };
  }
  return { kind: 'accepted', events: [{ type: 'transaction.restored', body: restoredBody(context) }] };
}

function restoredBody({ state, file, now }: RestoreContext): EventBody<'transaction.restored'> {
  const { target, onto, timestamp } = file;
  const txid = formatTxid(onto.txid + 1n);
  return {
    cluster: state.cluster,
    db: state.db,
    minTxid: txid,
    maxTxid: txid,
    pageSize: target.pageSize,
    commit: target.commit,
    pages: file.pages,
    preApplyChecksum: formatChecksum(onto.checksum),
    postApplyChecksum: formatChecksum(file.postApplyChecksum),
    timestamp,
    effectiveTime: effectiveTime(state.effectiveTime, timestamp, now),
    sizeBytes: String(file.sizeBytes),
    sha256: file.sha256,
    fileChecksum: formatChecksum(file.fileChecksum),
    payload: file.payload,
    journalMode: file.journalMode,
    nodeId: formatTxid(0n),
    target: {
      txid: formatTxid(target.pos.txid),
      checksum: formatChecksum(target.pos.checksum),
      timestamp: target.timestamp,
    },
    journalModeForced: file.journalModeForced,
  };
}
