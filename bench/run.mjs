import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * Runs the benches that are named, one after another in a process each, or all: `npm run bench -- ingest`.
 * Each is a script in this folder; it reads its settings from `LFSB_BENCH_` variables.
 */
const folder = fileURLToPath(new URL('.', import.meta.url));
const known = readdirSync(folder)
  .filter((name) => name.endsWith('.mjs') && name !== 'run.mjs')
  .map((name) => name.replace(/\.mjs$/, ''))
  .sort();

const run = (name) =>
  new Promise((resolve, reject) => {
    const bench = spawn(process.execPath, [`${folder}${name}.mjs`], { stdio: 'inherit' });
    bench.on('error', reject);
    bench.on('exit', (code) => resolve(code === 0));
  });

const named = process.argv.slice(2);
const unknown = named.filter((name) => !known.includes(name));
if (unknown.length > 0) {
  process.stderr.write(`no bench is named ${unknown.join(', ')}; there are ${known.join(', ')}\n`);
  process.exit(2);
}

for (const name of named.length > 0 ? named : known) {
  process.stdout.write(`\n# ${name}\n\n`);
  if (!(await run(name))) process.exitCode = 1;
}
