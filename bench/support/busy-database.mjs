import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openLog } from '../../dist/src/log/index.js';
import { PROJECTIONS } from '../../dist/src/projections/index.js';
import { LongChain } from './long-chain.mjs';

const PAGES = 1000;
const CHANGES = 4;
const STREAM = 'db/bench/busy.db/1';
const HOUR_MS = 3_600_000;
const LEVEL1_MS = 10_000;

/** Of one transaction: an hour of them stays within what level 0 may take. */
const BYTES = 2_900;

/** The time at which plans are made: the whole of level 0 is within its hour, but for its first minute. */
export const NOW = 1_800_000_000_000;

const hex = (value) => value.toString(16).padStart(16, '0');

/**
 * The catalogue of a database that has taken a transaction every so often for an hour, its level 1 stored but for
 * the last window. Only the last transactions have bytes.
 */
export async function busyDatabase(folder, { transactions, withBytes }) {
  mkdirSync(folder);
  const path = join(folder, 'lfsb.db');
  openLog({ path, projections: PROJECTIONS }).close();
  const sql = new Database(path);
  const began = NOW - HOUR_MS - 60_000;
  const stepMs = (NOW - began) / transactions;
  const chain = new LongChain(PAGES);
  const state = (txid) => hex((1n << 63n) | BigInt(txid));
  const payload = sql.prepare(`INSERT INTO payload VALUES (${Array(14).fill('?').join(', ')})`);
  const bytes = sql.prepare('INSERT INTO payload_bytes VALUES (?, ?)');
  const file = sql.prepare(`INSERT INTO stored_file VALUES (${Array(15).fill('?').join(', ')})`);
  sql.transaction(() => {
    chain.next(PAGES, () => {});
    const first = transactions - withBytes;
    chain.txid = BigInt(first);
    let windowStart = 1;
    let post = state(0);
    for (let txid = 1; txid <= transactions; txid++) {
      const time = Math.floor(began + txid * stepMs);
      const pre = txid === 1 ? hex(0n) : post;
      let size = BYTES;
      let sha256 = hex(0n).repeat(4);
      post = txid === first ? hex(chain.checksum) : state(txid);
      if (txid > first) {
        const made = [];
        chain.next(CHANGES, (chunk) => made.push(chunk));
        const all = Buffer.concat(made);
        bytes.run(txid, all);
        [size, sha256, post] = [
          all.length,
          createHash('sha256').update(all).digest('hex'),
          hex(chain.checksum),
        ];
      }
      const id = hex(BigInt(txid));
      payload.run(
        txid,
        STREAM,
        id,
        id,
        4096,
        PAGES,
        pre,
        post,
        time,
        time,
        size,
        sha256,
        null,
        txid === 1 ? 1 : 0,
      );
      const closes = Math.floor(time / LEVEL1_MS) < Math.floor((time + stepMs) / LEVEL1_MS);
      if (!closes || time > NOW - 2 * LEVEL1_MS) continue;
      const begin = sql.prepare('SELECT pre_apply FROM payload WHERE seq = ?').pluck().get(windowStart);
      const ends = [hex(BigInt(windowStart)), id, 4096, PAGES, begin, post, time, time, 1e6, sha256];
      file.run('bench', 'busy.db', 1, 'store', 1, ...ends);
      windowStart = txid + 1;
    }
    sql
      .prepare(
        `INSERT INTO database (cluster, db, incarnation, page_size, commit_pages, txid, checksum, created_at)
           VALUES ('bench', 'busy.db', 1, 4096, ?, ?, ?, 0)`,
      )
      .run(PAGES, hex(BigInt(transactions)), post);
    sql.prepare('INSERT INTO payload_total VALUES (?)').run(transactions * BYTES);
  })();
  sql.close();
  return folder;
}

/** The last transactions of it: their numbers, their bytes, and what their merge is. */
export function level0Of(folder, count) {
  const sql = new Database(join(folder, 'lfsb.db'), { readonly: true });
  const rows = sql.prepare('SELECT * FROM payload ORDER BY seq DESC LIMIT ?').all(count).reverse();
  sql.close();
  const [first, last] = [rows[0], rows.at(-1)];
  const number = (text) => String(BigInt(`0x${text}`));
  return {
    rows: [first.seq, last.seq],
    bytes: rows.reduce((sum, { size_bytes }) => sum + size_bytes, 0),
    level: 1,
    minTxid: number(first.min_txid),
    maxTxid: number(last.max_txid),
    pageSize: 4096,
    commit: PAGES,
    preApplyChecksum: number(first.pre_apply),
    postApplyChecksum: number(last.post_apply),
    effectiveTime: last.effective_time,
    receivedAt: 0,
  };
}
