/**
 * How long a command of `lfsb` takes from start to end, warm, against an empty node: `--version`, and `list` against a
 * server on this machine. Runs alternate, so that whatever else the machine does falls on all alike. Run `npm run build`
 * first; LFSB_BENCH_RUNS says how many.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { Child } from './support/child.mjs';
import { serverOptions } from './support/options.mjs';
import { head, percentile, row } from './support/statistics.mjs';

const RUNS = Number(process.env.LFSB_BENCH_RUNS ?? '30');
const WARM_UP = 3;

const LFSB = fileURLToPath(new URL('../bin/run.js', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lfsb-bench-'));

function milliseconds([command, ...args], env) {
  const start = process.hrtime.bigint();
  execFileSync(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'inherit'] });
  return Number(process.hrtime.bigint() - start) / 1e6;
}

/** One database, so that there is something to list. */
function importOne(env) {
  const path = join(folder, 'one.db');
  new Database(path).exec('CREATE TABLE t (x)').close();
  milliseconds([LFSB, 'import', 'one.db', path], env);
}

const server = await Child.start('server.mjs', [join(folder, 'data')], serverOptions());
try {
  const client = { LFSB_ENDPOINT: server.url, LFSB_CLUSTER: 'bench' };
  importOne(client);
  const commands = {
    'node -e 0': [process.execPath, '-e', '0'],
    'lfsb --version': [LFSB, '--version'],
    'lfsb list': [LFSB, 'list'],
  };
  const samples = Object.fromEntries(Object.keys(commands).map((name) => [name, []]));
  for (let run = -WARM_UP; run < RUNS; run += 1)
    for (const [name, command] of Object.entries(commands)) {
      const taken = milliseconds(command, client);
      if (run >= 0) samples[name].push(taken);
    }
  const of = (name, share) => percentile(Float64Array.from(samples[name]).sort(), share);
  const base = of('node -e 0', 0.5);
  process.stdout.write(
    `${RUNS} runs each, ms\n\n${head('command', 'fastest', 'median', 'p90', 'ratio of medians')}`,
  );
  for (const name of Object.keys(commands)) {
    const cells = [of(name, 0), of(name, 0.5), of(name, 0.9)].map((value) => value.toFixed(0));
    process.stdout.write(row(name, ...cells, (of(name, 0.5) / base).toFixed(2)));
  }
} finally {
  await server.stop();
  rmSync(folder, { recursive: true, force: true });
}
