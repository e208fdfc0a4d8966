import type { EventBody, EventDraft } from '../events/index.ts';
import { type Checksum, formatChecksum, formatTxid, type Txid } from '../ltx/index.ts';
import { effectiveTime } from './clock.ts';
import type { DatabaseState, JournalMode } from './database-state.ts';
import type { IndexFacts, Now, PayloadPlace } from './ingest.ts';
import { AWAITS_WHOLE, type Refusal, refuse } from './refusal.ts';
import { refuseReserved } from './reserved-checksum.ts';

/** The highest TXID there is. */
export const TXID_MAX: Txid = (1n << 64n) - 1n;

/** A SQLite file as it was received. */
export interface SourceImage {
  readonly pageSize: number;
  /** Size in pages, the lock page included. */
  readonly commit: number;
  readonly journalMode: JournalMode;
  readonly sizeBytes: number;
  /** 64 hex digits. */
  readonly sha256: string;
}

/** Where in a chain an import goes, and in which journal mode. */
export interface ImportPlace {
  readonly txid: Txid;
  /** 0 for the first transaction of an incarnation. */
  readonly preApplyChecksum: Checksum;
  /** Bytes 18 and 19 of page 1 become 2. */
  readonly journalModeForced: boolean;
}

export type ImportPlan =
  | { readonly kind: 'planned'; readonly place: ImportPlace }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** An image as the LTX file that it became. */
export interface ImportedFile {
  readonly source: SourceImage;
  readonly place: ImportPlace;
  /** Pages in the file: all but the lock page. */
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

export interface ImportContext {
  readonly state: DatabaseState;
  readonly file: ImportedFile;
  readonly facts: IndexFacts;
  readonly now: Now;
}

export type ImportDecision =
  | { readonly kind: 'accepted'; readonly incarnation: number; readonly events: readonly EventDraft[] }
  /** The file was made for another place than this one. */
  | { readonly kind: 'moved'; readonly place: ImportPlace }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/**
 * Where an image goes as things stand: after the newest transaction, or first of a new incarnation. LiteFS pins
 * a name's page size for ever and stays in WAL mode inside, so the one is refused and the other adapted.
 */
export function planImport(
  state: DatabaseState,
  image: Pick<SourceImage, 'pageSize' | 'journalMode'>,
): ImportPlan {
  if (state.pageSize !== 0 && state.pageSize !== image.pageSize)
    return refusedPageSize(state, image.pageSize);
  const { pos } = state;
  if (pos === null) {
    return { kind: 'planned', place: { txid: 1n, preApplyChecksum: 0n, journalModeForced: false } };
  }
  // What follows leads nowhere, and its primary finds no snapshot to go on from.
  if (state.untilWhole) return { kind: 'refused', refusal: AWAITS_WHOLE };
  if (pos.txid === TXID_MAX) {
    const refusal = refuse('EPOSMISMATCH', 'the database is at the highest TXID there is', { pos });
    return { kind: 'refused', refusal };
  }
  const journalModeForced = state.journalMode === 'wal' && image.journalMode === 'rollback';
  const place = { txid: pos.txid + 1n, preApplyChecksum: pos.checksum, journalModeForced };
  return { kind: 'planned', place };
}

function refusedPageSize({ pos, pageSize }: DatabaseState, received: number): ImportPlan {
  const verb = pos === null ? 'had, and its primary remembers,' : 'has';
  const hint = `the database ${verb} pages of ${pageSize} bytes, the file of ${received}: VACUUM the file after PRAGMA page_size = ${pageSize}`;
  return { kind: 'refused', refusal: refuse('EBADHEADER', 'page size mismatch', { hint }) };
}

/** The next transaction of the name, if the file was made for that place and its pages are what it says. */
export function decideImport(context: ImportContext): ImportDecision {
  const { state, file, facts } = context;
  const plan = planImport(state, file.source);
  if (plan.kind === 'refused') return plan;
  if (!isSamePlace(plan.place, file.place)) return { kind: 'moved', place: plan.place };
  if (facts.computedChecksum !== file.postApplyChecksum) {
    const said = formatChecksum(file.postApplyChecksum);
    const message = `the file made of the image has checksum ${said}, its pages ${formatChecksum(facts.computedChecksum)}`;
    return { kind: 'refused', refusal: refuse('ECORRUPT', message) };
  }
  const reserved = refuseReserved(file.source.commit, facts.computedChecksum);
  if (reserved !== null) return { kind: 'refused', refusal: reserved };
  const incarnation = state.pos === null ? state.incarnation + 1 : state.incarnation;
  return { kind: 'accepted', incarnation, events: eventsOf(context, incarnation) };
}

const isSamePlace = (a: ImportPlace, b: ImportPlace): boolean =>
  a.txid === b.txid &&
  a.preApplyChecksum === b.preApplyChecksum &&
  a.journalModeForced === b.journalModeForced;

function eventsOf(context: ImportContext, incarnation: number): EventDraft[] {
  const { cluster, db, pos } = context.state;
  const { pageSize } = context.file.source;
  const imported: EventDraft = { type: 'transaction.imported', body: importedBody(context) };
  if (pos !== null) return [imported];
  return [{ type: 'database.created', body: { cluster, db, incarnation, pageSize } }, imported];
}

function importedBody({ state, file, now }: ImportContext): EventBody<'transaction.imported'> {
  const { source, place, timestamp } = file;
  return {
    cluster: state.cluster,
    db: state.db,
    minTxid: formatTxid(place.txid),
    maxTxid: formatTxid(place.txid),
    pageSize: source.pageSize,
    commit: source.commit,
    pages: file.pages,
    preApplyChecksum: formatChecksum(place.preApplyChecksum),
    postApplyChecksum: formatChecksum(file.postApplyChecksum),
    timestamp,
    effectiveTime: effectiveTime(state.effectiveTime, timestamp, now),
    sizeBytes: String(file.sizeBytes),
    sha256: file.sha256,
    fileChecksum: formatChecksum(file.fileChecksum),
    payload: file.payload,
    journalMode: place.journalModeForced ? 'wal' : source.journalMode,
    nodeId: formatTxid(0n),
    source: { sizeBytes: String(source.sizeBytes), sha256: source.sha256 },
    journalModeForced: place.journalModeForced,
  };
}
