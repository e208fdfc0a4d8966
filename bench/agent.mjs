import { copyFileSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { AGENTS, bytesBelow, findLitestream, Measured, writeConfig } from './support/agents.mjs';
import { copySeconds as plainCopySeconds } from './support/copy.mjs';
import { fill, sumOf, writeSteadily } from './support/live-load.mjs';
import { serverOptions } from './support/options.mjs';
import { head, latencies, row } from './support/statistics.mjs';

/**
 * `lfsb replicate` and Litestream side by side: the start, the first copy of a database, the application's writes
 * meanwhile, and a restore. This process is the application. LFSB_BENCH_LITESTREAM names the program (0.3.13);
 * without it there is nothing to compare with. CPU is that of the whole process, from its start until nothing is
 * left to be stored; the copy's has the start's in it.
 */
const MEGABYTES = Number(process.env.LFSB_BENCH_MEGABYTES ?? 223);
const SECONDS = Number(process.env.LFSB_BENCH_SECONDS ?? 20);
const TX_PER_SECOND = 200;
const SMALL_MEGABYTES = 0.1;
/** An odd number, for the median. */
const RESTORES = 5;
/** What is left to sync and store after the last write, ms. */
const SETTLE_MS = 4_000;

/** Has an agent make its first copy of a database; resolves once that is whole and nothing is left to do. */
async function start(agent, folder, image) {
  mkdirSync(folder);
  const path = join(folder, 'app.db');
  copyFileSync(image, path);
  const { file, replica } = writeConfig(folder, path);
  const begun = performance.now();
  const running = new Measured([...agent.command, 'replicate', '-config', file]);
  await running.until(() => agent.isCopied(replica));
  const copySeconds = (performance.now() - begun) / 1_000;
  await running.quiet(replica);
  return { running, path, replica, copySeconds, copyCpu: running.cpuSeconds };
}

async function measureStart(agent, folder, image) {
  const { running, copyCpu } = await start(agent, folder, image);
  await running.stop();
  return copyCpu;
}

/** Restores a few times, each beside a plain copy of as many bytes; medians. */
async function measureRestores(agent, folder, { path, replica }) {
  const output = join(folder, 'restored.db');
  const runs = [];
  for (let run = 0; run < RESTORES; run++) {
    rmSync(output, { force: true });
    const plain = plainCopySeconds(path, join(folder, 'plain.db'));
    const begun = performance.now();
    const restoring = new Measured([...agent.command, ...agent.restore(`file://${replica}`, output)]);
    const code = await restoring.ended();
    const seconds = (performance.now() - begun) / 1_000;
    if (code !== 0) throw new Error(`the restore ended with ${code}`);
    runs.push({ seconds, plain, cpu: restoring.cpuSeconds, peak: restoring.peakMegabytes });
  }
  const median = (name) => runs.map((run) => run[name]).sort((a, b) => a - b)[RESTORES >> 1];
  return {
    ...{ restoreSeconds: median('seconds'), plainSeconds: median('plain'), restoreCpu: median('cpu') },
    ...{ restorePeak: median('peak'), same: sumOf(output) === sumOf(path) },
  };
}

async function measure(agent, folder, { image, small, rows }) {
  const startCpu = await measureStart(agent, `${folder}-small`, small);
  const { running, path, replica, copySeconds, copyCpu } = await start(agent, folder, image);
  const db = new Database(path, { timeout: 10_000 });
  db.pragma('synchronous = NORMAL');
  const samples = await writeSteadily(db, rows, { seconds: SECONDS, perSecond: TX_PER_SECOND });
  await sleep(SETTLE_MS);
  const loadCpu = running.cpuSeconds - copyCpu;
  await running.stop();
  db.close();
  return {
    ...{ startCpu, copyCpu, copySeconds, loadCpu },
    ...(await measureRestores(agent, folder, { path, replica })),
    peak: running.peakMegabytes,
    replica: bytesBelow(replica) / 1e6,
    writes: latencies(samples),
  };
}

const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));
try {
  const filled = (name, megabytes) => {
    const image = join(folder, name);
    const db = new Database(image);
    const rows = fill(db, megabytes);
    db.close();
    return { image, rows };
  };
  const { image, rows } = filled('image.db', MEGABYTES);
  const data = { image, rows, small: filled('small.db', SMALL_MEGABYTES).image };
  process.stdout.write(`database of ${(statSync(image).size / 1e6).toFixed(0)} MB\n\n`);
  const litestream = findLitestream();
  if (litestream === null) process.stdout.write('no litestream on the path: nothing to compare with\n\n');
  const own = await measure(AGENTS.lfsb(serverOptions()), join(folder, 'lfsb'), data);
  const peer =
    litestream && (await measure(AGENTS.litestream(litestream.program), join(folder, 'peer'), data));
  /** @param reach what is to be reached with a database of 223 MB and 20 s of load; null where none is set */
  const line = (name, value, digits, reach = null) => {
    const cells = [value(own).toFixed(digits), reach ?? ''];
    if (peer) cells.push(value(peer).toFixed(digits), (value(own) / value(peer)).toFixed(2));
    process.stdout.write(row(name, ...cells));
  };
  const titles = peer ? [`litestream ${litestream.version}`, 'ratio'] : [];
  process.stdout.write(head('work', 'lfsb', 'reach', ...titles));
  line('start with next to nothing to copy, CPU s', (each) => each.startCpu, 2);
  line('first full copy, CPU s', (each) => each.copyCpu, 2, '2');
  line('first full copy, s', (each) => each.copySeconds, 2);
  line(`CPU s for ${SECONDS} s of ${TX_PER_SECOND} tx/s`, (each) => each.loadCpu, 2, '1.6');
  line('peak memory, MB', (each) => each.peak, 0, '128');
  line('write p50, ms', (each) => each.writes.p50, 2);
  line('write p99, ms', (each) => each.writes.p99, 2, '1.4');
  line('replica, MB', (each) => each.replica, 0, '150');
  line('restore to a file, s', (each) => each.restoreSeconds, 2, '1.0');
  line('restore to a file, CPU s', (each) => each.restoreCpu, 2);
  line('a plain copy of as many bytes, with fdatasync, s', (each) => each.plainSeconds, 2);
  line('restore peak memory, MB', (each) => each.restorePeak, 0, '128');
  for (const [name, each] of Object.entries({ lfsb: own, litestream: peer })) {
    if (each && !each.same) throw new Error(`${name} restored something else`);
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
