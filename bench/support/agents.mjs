import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const LFSB = fileURLToPath(new URL('../../bin/run.js', import.meta.url));
const CLOCK_TICKS_PER_S = 100;
const WAIT_MS_MAX = 120_000;
const QUIET_MS = 1_000;
const QUIET_CPU_SECONDS = 0.03;

/** Bytes of all files below a folder. */
export const bytesBelow = (folder) =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);

const filesBelow = (folder, suffix) => {
  try {
    return readdirSync(folder, { recursive: true }).filter((name) => String(name).endsWith(suffix));
  } catch {
    return [];
  }
};

/** How to run each program, and how to see that its first copy is there: both name a file once it is whole. */
export const AGENTS = {
  lfsb: (nodeOptions) => ({
    command: [process.execPath, ...nodeOptions, LFSB],
    isCopied: (replica) => filesBelow(replica, '.ltx').length > 0,
    restore: (url, output) => ['restore', '-o', output, url],
  }),
  litestream: (program) => ({
    command: [program],
    isCopied: (replica) => filesBelow(replica, '.snapshot.lz4').length > 0,
    restore: (url, output) => ['restore', '-o', output, url],
  }),
};

/** Where Litestream is, or null: LFSB_BENCH_LITESTREAM, or on the path. */
export function findLitestream() {
  const program = process.env.LFSB_BENCH_LITESTREAM ?? 'litestream';
  try {
    return { program, version: execFileSync(program, ['version'], { encoding: 'utf8' }).trim() };
  } catch {
    return null;
  }
}

/** A program under measurement. */
export class Measured {
  #process;
  #ended;
  peakMegabytes = 0;
  #cpuSeconds = 0;

  constructor([program, ...args]) {
    this.#process = spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    this.#ended = new Promise((resolve, reject) => {
      this.#process.on('error', reject);
      this.#process.on('exit', (code) => resolve(code));
    });
  }

  /** CPU time so far of all threads and ended children, s; the last that was seen when the process has ended. */
  get cpuSeconds() {
    this.#look();
    return this.#cpuSeconds;
  }

  async until(isSo, msMax = WAIT_MS_MAX) {
    for (const begun = performance.now(); !isSo(); await sleep(50)) {
      this.#look();
      const { exitCode, signalCode } = this.#process;
      if (exitCode !== null || signalCode !== null)
        throw new Error(`it ended with ${exitCode ?? signalCode}`);
      if (performance.now() - begun > msMax) throw new Error('it took too long');
    }
  }

  /** Waits until it has nothing left to do: a second in which nothing is stored and next to no CPU used. */
  async quiet(replica) {
    for (let before = null; ; ) {
      await sleep(QUIET_MS);
      const now = { cpu: this.cpuSeconds, bytes: bytesBelow(replica) };
      if (before?.bytes === now.bytes && now.cpu - before.cpu <= QUIET_CPU_SECONDS) return;
      before = now;
    }
  }

  /** Waits for the end; resolves to the exit code. */
  async ended() {
    while (this.#process.exitCode === null && this.#process.signalCode === null) {
      this.#look();
      await Promise.race([this.#ended, sleep(20)]);
    }
    return this.#ended;
  }

  async stop() {
    this.#look();
    this.#process.kill('SIGTERM');
    await this.#ended;
  }

  #look() {
    try {
      const status = readFileSync(`/proc/${this.#process.pid}/status`, 'utf8');
      const peak = Number(/^VmHWM:\s+([0-9]+) kB/m.exec(status)?.[1] ?? 0) / 1024;
      this.peakMegabytes = Math.max(this.peakMegabytes, peak);
      const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
      this.#cpuSeconds = Math.max(this.#cpuSeconds, ticks / CLOCK_TICKS_PER_S);
    } catch {
      // It has ended: what was seen last counts.
    }
  }
}

/** The configuration of one database and a replica in a folder, for both programs. */
export function writeConfig(folder, path) {
  const replica = join(folder, 'replica');
  mkdirSync(replica, { recursive: true });
  const file = join(folder, 'litestream.yml');
  writeFileSync(
    file,
    `dbs:\n  - path: ${path}\n    replicas:\n      - url: file://${replica}\n        sync-interval: 1s\n`,
  );
  return { file, replica };
}
