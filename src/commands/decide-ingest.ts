import type { EventDraft } from '../events/index.ts';
import { formatChecksum, formatTxid, isSnapshot, lockPage } from '../ltx/index.ts';
import type { Admission } from './admit-ingest.ts';
import { effectiveTime } from './clock.ts';
import type { IndexFacts, IngestContext } from './ingest.ts';
import { type Refusal, refuse } from './refusal.ts';
import { refuseReserved } from './reserved-checksum.ts';

/** An admission whose file goes on to the checks against the content index. */
export type Admitted = Extract<Admission, { kind: 'create' | 'append' | 'rebase' }>;

export type IngestDecision =
  | { readonly kind: 'accepted'; readonly incarnation: number; readonly events: readonly EventDraft[] }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** The checks that need the content index: missing pages on growth, then the computed post-apply checksum. */
export function decideIngest(context: IngestContext, admitted: Admitted, facts: IndexFacts): IngestDecision {
  const { state, file } = context;
  const { header, contents } = file;
  if (!contents.ok) throw new Error('a file with a fault cannot have been admitted');
  const base = isSnapshot(header) ? 0 : state.commit;
  const missing = pagesBetween(base, header.commit, header.pageSize) - facts.grownPages;
  if (missing > 0) {
    const message = `${missing} of the pages ${base + 1} to ${header.commit} are missing from the file`;
    return { kind: 'refused', refusal: refuse('EMISSINGPAGES', message) };
  }
  if (facts.computedChecksum !== contents.postApplyChecksum) {
    const said = formatChecksum(contents.postApplyChecksum);
    const message = `post-apply checksum ${said} differs from the computed ${formatChecksum(facts.computedChecksum)}`;
    return { kind: 'refused', refusal: refuse('EBADCHECKSUM', message) };
  }
  const reserved = refuseReserved(header.commit, facts.computedChecksum);
  if (reserved !== null) return { kind: 'refused', refusal: reserved };
  const incarnation = admitted.kind === 'create' ? state.incarnation + 1 : state.incarnation;
  return { kind: 'accepted', incarnation, events: eventsOf(context, admitted, incarnation) };
}

/** Pages above `from` up to `to`, without the lock page, which is never stored. */
function pagesBetween(from: number, to: number, pageSize: number): number {
  const lock = lockPage(pageSize);
  return Math.max(0, to - from) - (lock > from && lock <= to ? 1 : 0);
}

function eventsOf(context: IngestContext, admitted: Admitted, incarnation: number): EventDraft[] {
  const { cluster, db } = context.state;
  const { pageSize } = context.file.header;
  const transaction = transactionBody(context);
  if (admitted.kind === 'rebase') return [{ type: 'transaction.rebased', body: transaction }];
  const ingested: EventDraft = { type: 'transaction.ingested', body: transaction };
  if (admitted.kind === 'append') return [ingested];
  return [{ type: 'database.created', body: { cluster, db, incarnation, pageSize } }, ingested];
}

function transactionBody({ state, file, now }: IngestContext) {
  const { header, contents } = file;
  if (!contents.ok) throw new Error('a file with a fault has no transaction');
  const timestamp = clampToSafe(header.timestampMs);
  return {
    cluster: state.cluster,
    db: state.db,
    minTxid: formatTxid(header.minTxid),
    maxTxid: formatTxid(header.maxTxid),
    pageSize: header.pageSize,
    commit: header.commit,
    pages: contents.pages,
    preApplyChecksum: formatChecksum(header.preApplyChecksum),
    postApplyChecksum: formatChecksum(contents.postApplyChecksum),
    timestamp,
    effectiveTime: effectiveTime(state.effectiveTime, timestamp, now),
    sizeBytes: String(file.sizeBytes),
    sha256: file.sha256,
    fileChecksum: formatChecksum(contents.fileChecksum),
    payload: file.payload,
    journalMode: file.journalMode,
    nodeId: formatTxid(header.nodeId),
  };
}

/** LTX timestamps are signed 64-bit; events hold them as JSON numbers. */
function clampToSafe(milliseconds: bigint): number {
  const limit = BigInt(Number.MAX_SAFE_INTEGER);
  if (milliseconds > limit) return Number.MAX_SAFE_INTEGER;
  return milliseconds < -limit ? -Number.MAX_SAFE_INTEGER : Number(milliseconds);
}
