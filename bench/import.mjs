import { createReadStream, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { upload, whilePolling } from './support/bulk.mjs';
import { Child } from './support/child.mjs';
import { copySeconds } from './support/copy.mjs';
import { makeDatabase } from './support/image.mjs';
import { serverOptions } from './support/options.mjs';
import { head, latencyText, row } from './support/statistics.mjs';

/**
 * How fast a whole SQLite file goes in over HTTP, into a new database and over one that is there, beside a copy
 * of the file on the same disk (with fdatasync) and a server that throws the body away.
 *
 * LFSB_BENCH_IMPORT_MB: size of the file (231). LFSB_BENCH_RUNS: times each is done (3). LFSB_BENCH_DIR: where
 * the data directory is made (temporary). LFSB_BENCH_NODE_OPTIONS: given to the server's node; those of `npm start` unless set.
 */
const MEGABYTES = Number(process.env.LFSB_BENCH_IMPORT_MB ?? 231);
const RUNS = Number(process.env.LFSB_BENCH_RUNS ?? 3);
const DIRECTORY = process.env.LFSB_BENCH_DIR ?? tmpdir();
const NODE_OPTIONS = serverOptions();

const REACH_MB_S = 200;
const REACH_PEAK_MB = 200;
const POLL_MS = 50;
const chunksOf = (path) => createReadStream(path, { highWaterMark: 256 * 1024 });

async function uploadFile(url, path, file) {
  const chunks = [];
  for await (const chunk of chunksOf(file)) chunks.push(chunk);
  return upload(url, path, chunks);
}

const best = async (work) => {
  let least = Number.POSITIVE_INFINITY;
  for (let run = 0; run < RUNS; run++) least = Math.min(least, await work(run));
  return least;
};

const print = (text) => process.stdout.write(text);
const directory = mkdtempSync(join(DIRECTORY, 'lfsb-bench-'));
const file = join(directory, 'image.db');
makeDatabase(file, MEGABYTES);
const megabytes = statSync(file).size / 1e6;
const server = await Child.start('server.mjs', [directory], NODE_OPTIONS);
const bare = await Child.start('bare-server.mjs', []);
try {
  const resting = server.peakMegabytes;
  const rate = (seconds) => megabytes / seconds;
  const copy = rate(await best(() => copySeconds(file, join(directory, 'copy.db'))));
  const thrownAway = rate(await best(() => uploadFile(bare.url, '/', file)));
  print(
    `a file of ${megabytes.toFixed(0)} MB; a copy of it ${copy.toFixed(0)} MB/s, a server that throws it away ${thrownAway.toFixed(0)} MB/s; best of ${RUNS}\n\n`,
  );
  print(head('work', 'MB/s', 'reach', 'of a copy', 'CPU s', 'pos ms', 'RSS MB'));
  const report = async (name, nameOf, suffix = '') => {
    const cpu = server.cpuSeconds;
    const work = async () => ({
      seconds: await best((run) => uploadFile(server.url, `/db/upload?db=${nameOf(run)}${suffix}`, file)),
    });
    const { seconds, polls } = await whilePolling(server.url, POLL_MS, work);
    const each = (server.cpuSeconds - cpu) / RUNS;
    const shown = [
      rate(seconds).toFixed(0),
      REACH_MB_S,
      `${((100 * rate(seconds)) / copy).toFixed(0)} %`,
      each.toFixed(2),
    ];
    print(row(name, ...shown, latencyText(polls), server.peakMegabytes.toFixed(0)));
  };
  await report('a new database', (run) => `new-${run}.db`);
  await report('over an existing one', () => 'new-0.db');
  await report('with check=quick', () => 'new-0.db', '&check=quick');
  print(
    `\npeak memory of the server: ${server.peakMegabytes.toFixed(0)} MB (at rest ${resting.toFixed(0)} MB), reach ${REACH_PEAK_MB}\n`,
  );
} finally {
  await bare.stop();
  await server.stop();
  rmSync(directory, { recursive: true });
}
