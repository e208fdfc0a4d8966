import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Head } from '../events/chain.ts';
import { bytesEqual } from './bytes.ts';
import { readBorder } from './head.ts';
import type { SqlConnection } from './sql.ts';
import { Breach, type BreachKind } from './verify-breach.ts';
import { checkEvent, type StoredRow } from './verify-event.ts';
import { checkIndexEntries, checkSchema, checkStreamOrder, IndexTally } from './verify-index.ts';

/** Events read and checked between two turns of the event loop. */
const VERIFY_PAGE_EVENTS = 250;

const PAGE = `SELECT seq, CAST(canonical AS BLOB) AS bytes, digest, hash, stream, version, type, time, cluster, db
  FROM event NOT INDEXED WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?`;

export interface VerifyOptions {
  /** Heads that were kept elsewhere: without one, a cut tail or a chain that was rebuilt cannot be found. */
  readonly expect?: Head | readonly Head[];
  readonly signal?: AbortSignal;
}

/** The log is whole up to `head`; or the first event that is not right, and what is wrong with it. */
export type Verdict =
  | { readonly ok: true; readonly head: Head }
  | { readonly ok: false; readonly seq: number; readonly kind: BreachKind; readonly what: string };

/**
 * Verifies the log that is here, from the border to the event that is last when it starts: the canonical form, digest,
 * chain, sequence numbers and stream versions, and that every index says of every event what its canonical text
 * says. Memory does not grow with the log, and no statement is open while it yields.
 *
 * @throws the signal's reason when aborted, SQLite's error when the file cannot be read
 */
export async function verifyLog(sql: SqlConnection, options: VerifyOptions = {}): Promise<Verdict> {
  try {
    return { ok: true, head: await walk(sql, expectedHeads(options.expect), options.signal) };
  } catch (error) {
    if (!(error instanceof Breach)) throw error;
    return { ok: false, seq: error.seq, kind: error.kind, what: error.message };
  }
}

function expectedHeads(expect: VerifyOptions['expect']): Head[] {
  const heads = expect === undefined ? [] : 'seq' in expect ? [expect] : [...expect];
  return heads.sort((a, b) => a.seq - b.seq);
}

async function walk(sql: SqlConnection, expected: Head[], signal: AbortSignal | undefined): Promise<Head> {
  checkSchema(sql);
  const start = readBorder(sql);
  const last = sql.get<{ seq: number | null }>('SELECT max(seq) AS seq FROM event')?.seq ?? start.seq;
  const tally = new IndexTally();
  let head = start;
  checkKept(head, expected);
  while (head.seq < last) {
    const rows = sql.all<StoredRow>(PAGE, head.seq, last, VERIFY_PAGE_EVENTS);
    if (rows.length === 0) throw new Breach(head.seq + 1, 'gap', 'the event is missing');
    for (const row of rows) {
      checkEvent(row, head);
      checkIndexEntries(sql, row);
      checkStreamOrder(sql, row);
      tally.add(row);
      head = { seq: row.seq, hash: row.hash };
      checkKept(head, expected);
    }
    await nextTurn();
    signal?.throwIfAborted();
  }
  tally.check(sql, start.seq, head.seq);
  const missing = expected[0];
  if (missing !== undefined) {
    throw new Breach(
      head.seq + 1,
      'head',
      `the log ends at ${head.seq}, but its head was ${missing.seq} once`,
    );
  }
  return head;
}

function checkKept(head: Head, expected: Head[]): void {
  for (let kept = expected[0]; kept !== undefined && kept.seq <= head.seq; kept = expected[0]) {
    if (kept.seq === head.seq && !bytesEqual(kept.hash, head.hash)) {
      throw new Breach(head.seq, 'head', 'the hash is not the one that was kept: this chain was rewritten');
    }
    expected.shift();
  }
}
