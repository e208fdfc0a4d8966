import { chainHash, digestOf, GENESIS_HASH, type Head } from '../../events/chain.ts';
import { bytesEqual } from '../../log/bytes.ts';
import { readBorder } from '../../log/head.ts';
import { type LogHistory, PAGE_EVENTS, type SqlConnection, verifyLog } from '../../log/index.ts';

/** The log is right up to `head`, or where it breaks first. */
export type LogVerdict =
  | { readonly ok: true; readonly head: Head }
  | { readonly ok: false; readonly seq: number; readonly what: string };

/**
 * Proves a log from its first event: what has left, as the replicas give it, by the chain; what is here by the chain
 * and its indexes.
 * @param kept a head that was kept elsewhere
 * @throws LfsbError `EUNAVAILABLE`, `ECORRUPT` where no replica gives what has left
 */
export async function verifyWholeLog(
  sql: SqlConnection,
  history: LogHistory,
  kept: Head | undefined,
): Promise<LogVerdict> {
  let head: Head = { seq: 0, hash: GENESIS_HASH };
  // Events leave while their agent runs, far slower than they are read: so this ends.
  for (;;) {
    const border = readBorder(sql);
    const left = await verifyLeft(history, { head, border, kept });
    if (!left.ok) return left;
    head = left.head;
    // From here on nothing leaves, as this connection sees it.
    sql.run('BEGIN');
    try {
      if (readBorder(sql).seq > head.seq) continue;
      const isBehind = kept !== undefined && kept.seq > head.seq;
      const verdict = await verifyLog(sql, isBehind ? { expect: kept } : {});
      return verdict.ok ? verdict : { ok: false, seq: verdict.seq, what: verdict.what };
    } finally {
      sql.run('COMMIT');
    }
  }
}

interface Left {
  /** What was proven already. */
  readonly head: Head;
  readonly border: Head;
  readonly kept: Head | undefined;
}

/** The events behind a head up to the border, a page at a time. */
async function verifyLeft(history: LogHistory, { head, border, kept }: Left): Promise<LogVerdict> {
  let last = head;
  while (last.seq < border.seq) {
    const limit = Math.min(PAGE_EVENTS, border.seq - last.seq);
    const { events } = await history.stored(last.seq, limit);
    const next = events[0];
    if (next?.seq !== last.seq + 1) return broken(last.seq + 1, 'the event is missing');
    for (const { seq, canonical, digest, hash } of events) {
      if (seq !== last.seq + 1) return broken(last.seq + 1, 'the event is missing');
      if (!bytesEqual(digestOf(canonical), digest))
        return broken(seq, 'the text is not the one that was digested');
      if (!bytesEqual(chainHash(last.hash, digest), hash))
        return broken(seq, 'the hash does not follow from the event before');
      if (seq === kept?.seq && !bytesEqual(kept.hash, hash)) return broken(seq, REWRITTEN);
      last = { seq, hash };
    }
  }
  if (bytesEqual(last.hash, border.hash)) return { ok: true, head: last };
  return broken(border.seq, 'the events on the replicas are not the ones that left here');
}

const REWRITTEN = 'the hash is not the one that was kept: this chain was rewritten';

const broken = (seq: number, what: string): LogVerdict => ({ ok: false, seq, what });
