import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { AGENTS, Measured } from './support/agents.mjs';
import { Cgroup } from './support/cgroup.mjs';
import { fill, sumOf, writeSteadily } from './support/live-load.mjs';
import { head, latencies, row } from './support/statistics.mjs';

/**
 * `lfsb replicate` as a small machine's unit limits it: MemoryMax=256M, page cache and all, and CPUQuota=20%, with a
 * database of 1 GB. First copy, transactions, validation, and a restore under the same limits. Fails when
 * anything is killed, does not validate, or restores something else.
 *
 * The replica is a folder, or one of a server that runs outside of the limits: LFSB_BENCH_REPLICA is its entry of a
 * litestream.yml in JSON, `{"url": "sftp://user@host/empty/folder", "key-path": "..."}`.
 */
const MEGABYTES = Number(process.env.LFSB_BENCH_MEGABYTES ?? 1_000);
const LIMITS = {
  memoryBytes: Number(process.env.LFSB_BENCH_MEMORY_MB ?? 256) * 1024 * 1024,
  cpu: Number(process.env.LFSB_BENCH_CPU ?? 0.2),
};
const TRANSACTIONS_SECONDS = 20;
const TX_PER_SECOND = 10;
const WAIT_MS_MAX = 900_000;
const REPLICA = process.env.LFSB_BENCH_REPLICA;

const [program, ...args] = AGENTS.lfsb([]).command;
const lfsb = [program, ...args];

function replicaView(config) {
  const said = execFileSync(program, [...args, 'databases', '-config', config, '--json'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  return JSON.parse(said)[0].replicas[0];
}

/** Runs a command under the limits; resolves to how it fared, once it has ended. */
async function limited(name, argv, work) {
  const cgroup = new Cgroup(`lfsb-bench-${process.pid}-${name}`, LIMITS);
  const running = new Measured(cgroup.command(argv));
  try {
    await work(running);
    await running.stop();
    const { kills, peakMegabytes } = cgroup;
    if (kills > 0) throw new Error(`${name}: killed for want of memory`);
    return { peakMegabytes, own: running.peakMegabytes, cpu: running.cpuSeconds };
  } finally {
    await running.stop();
    cgroup.remove();
  }
}

const seconds = (begun) => (performance.now() - begun) / 1_000;

const missing = Cgroup.missing();
if (missing !== null) {
  process.stdout.write(`skipped: ${missing}\n`);
  process.exit();
}
const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));
try {
  const path = join(folder, 'app.db');
  const place = REPLICA === undefined ? { path: join(folder, 'replica') } : JSON.parse(REPLICA);
  const replica = { ...place, 'sync-interval': '1s', 'validation-interval': '15s' };
  const config = join(folder, 'litestream.yml');
  const db = new Database(path, { timeout: 10_000 });
  const rows = fill(db, MEGABYTES);
  writeFileSync(config, JSON.stringify({ dbs: [{ path, replicas: [replica] }] }));
  const found = {};
  const begun = performance.now();
  const agent = await limited('replicate', [...lfsb, 'replicate', '-config', config], async (running) => {
    await running.until(() => replicaView(config).txid !== null, WAIT_MS_MAX);
    found.copy = seconds(begun);
    const samples = await writeSteadily(db, rows, {
      seconds: TRANSACTIONS_SECONDS,
      perSecond: TX_PER_SECOND,
    });
    found.writes = latencies(samples);
    const written = performance.now();
    await running.until(() => replicaView(config).lagMs === 0, WAIT_MS_MAX);
    found.synced = seconds(written);
    const from = Date.now();
    await running.until(() => Date.parse(replicaView(config).validation?.at ?? 0) > from, WAIT_MS_MAX);
    found.validated = (Date.now() - from) / 1_000;
    const { validation, sizeBytes } = replicaView(config);
    if (!validation.passed) throw new Error(`the validation failed: ${validation.message}`);
    found.replicaBytes = sizeBytes;
  });
  const output = join(folder, 'restored.db');
  const restoring = performance.now();
  const command = [...lfsb, 'restore', '-config', config, '-o', output, path];
  const restore = await limited('restore', command, async (running) => {
    const code = await running.ended();
    if (code !== 0) throw new Error(`the restore ended with ${code}`);
  });
  found.restored = seconds(restoring);
  if (sumOf(output) !== sumOf(path)) throw new Error('something else was restored');
  db.close();
  process.stdout.write(
    `database of ${(statSync(path).size / 1e6).toFixed(0)} MB; ${LIMITS.memoryBytes / 2 ** 20} MiB, ${LIMITS.cpu * 100}% of a CPU\n\n`,
  );
  process.stdout.write(head('work', 'lfsb'));
  process.stdout.write(row('first full copy, s', found.copy.toFixed(0)));
  process.stdout.write(row('after 200 transactions, s until stored', found.synced.toFixed(1)));
  process.stdout.write(row('write p99 meanwhile, ms', found.writes.p99.toFixed(2)));
  process.stdout.write(row('then until the next validation passed, s', found.validated.toFixed(0)));
  process.stdout.write(row('agent, CPU s', agent.cpu.toFixed(1)));
  process.stdout.write(row('agent, resident peak, MB', agent.own.toFixed(0)));
  process.stdout.write(row('agent, peak with page cache, MB', agent.peakMegabytes.toFixed(0)));
  process.stdout.write(row('restore, s', found.restored.toFixed(0)));
  process.stdout.write(row('restore, resident peak, MB', restore.own.toFixed(0)));
  process.stdout.write(row('replica, MB', (found.replicaBytes / 1e6).toFixed(0)));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
