import { randomFillSync } from 'node:crypto';
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { Child } from './support/child.mjs';
import { serverOptions } from './support/options.mjs';
import { head, latencies, latencyText, row } from './support/statistics.mjs';

/**
 * A live database under load, and the source that follows it: CPU, memory, and what the application feels. This
 * process is the application. Storage is not part of it.
 */
const MEGABYTES = Number(process.env.LFSB_BENCH_MEGABYTES ?? 223);
const SECONDS = Number(process.env.LFSB_BENCH_SECONDS ?? 20);
const TX_PER_SECOND = 200;
const UPDATES = 4;
const ROW_BYTES = 920;

const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));
try {
  const path = join(folder, 'app.db');
  const db = new Database(path, { timeout: 10_000 });
  const rows = fill(db);
  const child = await Child.start('source-agent.mjs', [path, join(folder, 'data')], serverOptions());
  const before = child.cpuSeconds;
  const { p50, p99, worst, count } = await load(db, rows);
  process.stdout.write(
    head(
      'database MB',
      'start and first copy, CPU s',
      `${SECONDS} s of load, CPU s`,
      'peak MB',
      'tx',
      'write p50 / p99 / worst, ms',
    ),
  );
  const cells = [statSync(path).size / 1e6, before, child.cpuSeconds - before].map((value) =>
    value.toFixed(1),
  );
  process.stdout.write(
    row(...cells, child.peakMegabytes.toFixed(0), count, latencyText({ p50, p99, worst })),
  );
  await child.stop();
  db.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** Rows of which a quarter does not compress. */
function fill(db) {
  db.pragma('journal_mode = wal');
  db.pragma('synchronous = OFF');
  db.exec('CREATE TABLE t (id INTEGER PRIMARY KEY, k INTEGER, body BLOB)');
  const rows = Math.floor((MEGABYTES * 1e6) / 1_024);
  const insert = db.prepare('INSERT INTO t (k, body) VALUES (?, ?)');
  const body = Buffer.from('lorem ipsum dolor sit amet '.repeat(40)).subarray(0, ROW_BYTES);
  db.transaction(() => {
    for (let i = 0; i < rows; i++) insert.run(i, randomFillSync(body, 0, ROW_BYTES / 4));
  })();
  db.pragma('synchronous = NORMAL');
  return rows;
}

async function load(db, rows) {
  const update = db.prepare('UPDATE t SET k = k + 1 WHERE id = ?');
  const transact = db.transaction(() => {
    for (let i = 0; i < UPDATES; i++) update.run(1 + Math.floor(Math.random() * rows));
  });
  const samples = [];
  const start = performance.now();
  for (let due = start; due < start + SECONDS * 1_000; due += 1_000 / TX_PER_SECOND) {
    if (due > performance.now()) await sleep(due - performance.now());
    const begun = performance.now();
    transact();
    samples.push(performance.now() - begun);
  }
  return { ...latencies(samples), count: samples.length };
}
