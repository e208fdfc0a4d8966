import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { Child } from './support/child.mjs';
import { fill, writeSteadily } from './support/live-load.mjs';
import { serverOptions } from './support/options.mjs';
import { head, latencies, latencyText, row } from './support/statistics.mjs';

/**
 * A live database under load, and the source that follows it: CPU, memory, and what the application feels. This
 * process is the application. Storage is not part of it.
 */
const MEGABYTES = Number(process.env.LFSB_BENCH_MEGABYTES ?? 223);
const SECONDS = Number(process.env.LFSB_BENCH_SECONDS ?? 20);
const TX_PER_SECOND = 200;

const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));
try {
  const path = join(folder, 'app.db');
  const db = new Database(path, { timeout: 10_000 });
  const rows = fill(db, MEGABYTES);
  const child = await Child.start('source-agent.mjs', [path, join(folder, 'data')], serverOptions());
  const before = child.cpuSeconds;
  const samples = await writeSteadily(db, rows, { seconds: SECONDS, perSecond: TX_PER_SECOND });
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
    row(...cells, child.peakMegabytes.toFixed(0), samples.length, latencyText(latencies(samples))),
  );
  await child.stop();
  db.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}
