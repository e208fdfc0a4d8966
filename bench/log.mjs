/**
 * The event log against plain inserts of the same rows, batch by batch, in one run: read the ratio. Run
 * `npm run build` first, then `node bench/log.mjs`; LFSB_BENCH_EVENTS says how many.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { validateBody } from '../dist/src/events/index.js';
import { openLog, verifyLog } from '../dist/src/log/index.js';

const BATCH = 100;
const DATABASES = 64;
const events = Math.ceil(Number(process.env.LFSB_BENCH_EVENTS ?? '20000') / BATCH) * BATCH;

const print = (line) => process.stdout.write(`${line}\n`);
const secondsSince = (start) => Number(process.hrtime.bigint() - start) / 1e9;

const body = (index) => ({
  cluster: 'bench',
  db: `db${index % DATABASES}`,
  minTxid: '0000000000000001',
  maxTxid: '0000000000000001',
  pageSize: 4096,
  commit: 1000,
  pages: 4,
  preApplyChecksum: '8000000000000001',
  postApplyChecksum: 'f000000000000001',
  timestamp: 1_730_000_000_000 + index,
  effectiveTime: 1_730_000_000_000 + index,
  sizeBytes: '9012',
  sha256: 'ab'.repeat(32),
  fileChecksum: 'f000000000000001',
  payload: { kind: 'row' },
  journalMode: 'wal',
  nodeId: '0000000000000000',
});

function benchLog(folder) {
  const log = openLog({ path: join(folder, 'log.db') });
  const actor = { cluster: 'bench', token: 'anonymous', address: '127.0.0.1', request: 'req-1' };
  const group = log.groupCommit({
    append: ({ index }, { store }) => {
      const stream = `db/bench/db${index % DATABASES}/1`;
      const drafts = [{ type: 'transaction.ingested', body: body(index) }];
      return store.append(stream, store.version(stream), drafts, {
        time: 1_730_000_000_000 + index,
        actor,
      })[0].seq;
    },
  });
  const start = process.hrtime.bigint();
  for (let first = 0; first < events; first += BATCH) {
    const outcomes = group.runBatch(
      Array.from({ length: BATCH }, (_, i) => ({ type: 'append', index: first + i })),
    );
    if (!outcomes.every(({ ok }) => ok)) throw new Error('a command failed');
  }
  return { log, seconds: secondsSince(start) };
}

/** The same texts and hashes into a table with nothing but a number: what SQLite and the disk take. */
function benchPlain(folder, rows) {
  const db = new Database(join(folder, 'plain.db'));
  db.pragma('journal_mode = WAL');
  db.pragma('synchronous = FULL');
  db.pragma('wal_autocheckpoint = 4000');
  db.exec('CREATE TABLE event (seq INTEGER PRIMARY KEY, canonical TEXT, digest BLOB, hash BLOB) STRICT');
  const insert = db.prepare('INSERT INTO event VALUES (?, ?, ?, ?)');
  const commit = db.transaction((batch) => {
    for (const { seq, canonical, digest, hash } of batch) insert.run(seq, canonical, digest, hash);
  });
  const start = process.hrtime.bigint();
  for (let first = 0; first < events; first += BATCH) commit.immediate(rows.slice(first, first + BATCH));
  const seconds = secondsSince(start);
  db.close();
  return seconds;
}

function microsecondsOf(work, times = 50_000) {
  for (let warm = 0; warm < times / 5; warm += 1) work();
  const start = process.hrtime.bigint();
  for (let run = 0; run < times; run += 1) work();
  return (secondsSince(start) / times) * 1e6;
}

const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));
try {
  const { log, seconds } = benchLog(folder);
  const rows = log.db.prepare('SELECT seq, canonical, digest, hash FROM event ORDER BY seq').all();
  const plain = benchPlain(folder, rows);
  const rate = (time) => Math.round(events / time).toLocaleString('en');
  print(`${events} events in batches of ${BATCH}, synchronous=FULL`);
  print(`plain inserts   ${rate(plain).padStart(8)} a second`);
  print(`log appends     ${rate(seconds).padStart(8)} a second   ratio ${(plain / seconds).toFixed(2)}`);
  const start = process.hrtime.bigint();
  const verdict = await verifyLog(log.sql);
  if (!verdict.ok) throw new Error(verdict.what);
  print(`verification    ${rate(secondsSince(start)).padStart(8)} a second`);
  const sample = body(1);
  const micros = microsecondsOf(() => validateBody('transaction.ingested', sample));
  print(`schema check of transaction.ingested ${micros.toFixed(2)} us`);
  log.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
