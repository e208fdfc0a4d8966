/**
 * Days of a log with one event a second, sealed each minute, checkpointed and trimmed each day, as fast as they go:
 * what stays in the data directory, what goes to a replica, and what that takes. Run `npm run build` first, then
 * `node bench/sealing.mjs`; LFSB_BENCH_DAYS says how many.
 */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointPath } from '../dist/src/log/checkpoint/files.js';
import { makeCheckpoint } from '../dist/src/log/checkpoint/make.js';
import { openLog } from '../dist/src/log/index.js';
import { KEPT_EVENTS, SEALING_LIMITS, TRIM_EVENTS_MAX } from '../dist/src/log/seal/limits.js';
import { configurePlaces, sealedHead } from '../dist/src/log/seal/places.js';
import { openSegment } from '../dist/src/log/seal/read-segment.js';
import { recordSegment } from '../dist/src/log/seal/segments.js';
import { SegmentWriter } from '../dist/src/log/seal/write-segment.js';
import { trim } from '../dist/src/log/trim.js';
import { PROJECTIONS } from '../dist/src/projections/index.js';

const DATABASES = 64;
const MINUTE_EVENTS = 60;
const DAY_MINUTES = 1_440;
const days = Number(process.env.LFSB_BENCH_DAYS ?? '4');

const print = (line) => process.stdout.write(`${line}\n`);
const hex = (bytes) => randomBytes(bytes).toString('hex');
const actor = { cluster: 'bench', token: 'anonymous', address: '127.0.0.1', request: 'req-1' };

/** Milliseconds of each piece of work, by what it was. */
const spent = new Map();
async function timed(what, work) {
  const start = performance.now();
  const result = await work();
  const { count = 0, ms = 0, most = 0 } = spent.get(what) ?? {};
  const took = performance.now() - start;
  spent.set(what, { count: count + 1, ms: ms + took, most: Math.max(most, took) });
  return result;
}

const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));
const path = join(folder, 'lfsb.db');
const log = openLog({ path, projections: PROJECTIONS, synchronous: 'NORMAL' });
configurePlaces(log.sql, [{ name: 'one', required: true }]);
let second = 0;
const txids = Array.from({ length: DATABASES }, () => 0);

function appendMinute() {
  log.transaction(() => {
    for (let count = 0; count < MINUTE_EVENTS; count++) appendOne();
  });
}

function appendOne() {
  const at = second++ % DATABASES;
  const txid = (++txids[at]).toString(16).padStart(16, '0');
  const time = 1_730_000_000_000 + second * 1_000;
  const db = `db${at}`;
  const stream = `db/bench/${db}/1`;
  const body = {
    ...{ cluster: 'bench', db, minTxid: txid, maxTxid: txid, pageSize: 4096, commit: 1000, pages: 4 },
    ...{ preApplyChecksum: hex(8), postApplyChecksum: hex(8), timestamp: time, effectiveTime: time },
    ...{ sizeBytes: '9012', sha256: hex(32), fileChecksum: hex(8), payload: { kind: 'row' } },
    ...{ journalMode: null, nodeId: '0000000000000000' },
  };
  const expired = { cluster: 'bench', db, incarnation: 1, throughTxid: txid, count: 3_600, bytes: '1' };
  const draft =
    txids[at] % 60 === 0
      ? { type: 'payloads.expired', body: expired }
      : { type: 'transaction.ingested', body };
  log.store.append(stream, log.store.version(stream), [draft], { time, actor });
}

let objectBytes = 0;
let textBytes = 0;
let last = null;
async function seal() {
  const previous = sealedHead(log.sql, 1);
  const { facts, object } = await timed('seal a minute', () => {
    const writer = new SegmentWriter(previous, SEALING_LIMITS);
    const rows = log.sql.all(
      'SELECT seq, CAST(canonical AS BLOB) AS bytes, hash FROM event NOT INDEXED WHERE seq > ? ORDER BY seq',
      previous.seq,
    );
    for (const row of rows) writer.add(row);
    return writer.finish();
  });
  log.transaction(() => recordSegment(log.sql, 1, facts, 1));
  objectBytes += object.byteLength;
  textBytes += facts.textBytes;
  last = object;
}

async function checkpointAndTrim(day) {
  const { seq, hash } = await timed('make a checkpoint', () => makeCheckpoint(path, folder));
  log.transaction(() => {
    log.sql.run('INSERT INTO log_base VALUES (?, ?, 1)', seq, hash);
    log.sql.run('INSERT INTO log_checkpoint VALUES (1, ?, 1, 0)', seq);
  });
  const through = Math.min(seq, log.store.head().seq - KEPT_EVENTS);
  while (
    await timed(`let ${TRIM_EVENTS_MAX} events leave`, () => log.transaction(() => trim(log.sql, through)))
  );
  log.db.pragma('wal_checkpoint(TRUNCATE)');
  const events = log.sql.get('SELECT count(*) AS n FROM event').n;
  const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
  const bytes = statSync(path).size;
  print(`day ${day}: lfsb.db ${mb(bytes)}, ${events} events here, ${log.store.head().seq} in all`);
  print(`  checkpoint ${mb(statSync(checkpointPath(path, seq)).size)}, segments so far ${mb(objectBytes)}`);
  rmSync(checkpointPath(path, seq));
}

try {
  for (let day = 1; day <= days; day++) {
    for (let minute = 0; minute < DAY_MINUTES; minute++) {
      appendMinute();
      await seal();
    }
    await checkpointAndTrim(day);
  }
  await timed('open a segment', () => openSegment(last));
  const index = log.sql.get("SELECT sum(pgsize) AS bytes FROM dbstat WHERE name = 'log_segment'").bytes;
  const segments = days * DAY_MINUTES;
  print(
    `index of segments: ${(index / segments).toFixed(0)} bytes a segment, ${(((index / segments) * 525_600) / 1e6).toFixed(0)} MB a year`,
  );
  print(
    `an event: ${(textBytes / second).toFixed(0)} bytes of text, ${(objectBytes / second).toFixed(0)} in a segment`,
  );
  for (const [what, { count, ms, most }] of spent) {
    print(`${what}: ${(ms / count).toFixed(2)} ms, the longest ${most.toFixed(1)} ms (${count} times)`);
  }
} finally {
  log.close();
  rmSync(folder, { recursive: true, force: true });
}
