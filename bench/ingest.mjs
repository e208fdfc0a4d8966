import { closeSync, fdatasyncSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { download, upload, whilePolling } from './support/bulk.mjs';
import { Child } from './support/child.mjs';
import { chain, PAGE_BYTES, snapshot } from './support/fixture.mjs';
import { framed, ingest } from './support/load.mjs';
import { serverOptions } from './support/options.mjs';
import { head, latencies, latencyText, row } from './support/statistics.mjs';

/**
 * What goes in and comes out, and how fast, with the load in a process of its own on the same machine. Beside
 * each figure stands that of a server which throws the body away: the ratio compares across machines, the
 * figure does not.
 *
 * LFSB_BENCH_SECONDS: of each ingest run (5). LFSB_BENCH_DIR: where the data directory is made (temporary).
 * LFSB_BENCH_NODE_OPTIONS: given to the server's node, as `--cpu-prof`; those of `npm start` unless set. LFSB_BENCH_ONLY: `ingest` or `snapshot`.
 */
const SECONDS = Number(process.env.LFSB_BENCH_SECONDS ?? 5);
const WARM_UP_SECONDS = Math.min(1.5, SECONDS / 2);
const DIRECTORY = process.env.LFSB_BENCH_DIR ?? tmpdir();
const NODE_OPTIONS = serverOptions();
const ONLY = process.env.LFSB_BENCH_ONLY;

const DATABASE_PAGES = 1000;
const PAGES_CHANGED = 4;
const LARGE_PAGES = 65_536;
const LARGE_MEGABYTES = (LARGE_PAGES * PAGE_BYTES) / 1e6;
const POLL_MS = 50;

const INGEST_TARGETS = [
  { writers: 1, perSecond: 600, p99: 8, perSecondMax: 4000 },
  { writers: 8, perSecond: 2000, p99: 25, perSecondMax: 1500 },
  { writers: 64, perSecond: 3000, p99: 50, perSecondMax: 250 },
];

const print = (text) => process.stdout.write(text);

/** How long a small append and its fdatasync take here, ms. */
function fdatasyncs(directory, bytes) {
  const file = openSync(join(directory, 'fdatasync'), 'w');
  const data = Buffer.alloc(bytes, 1);
  const samples = [];
  for (let i = 0; i < 400; i++) {
    const start = performance.now();
    writeSync(file, data);
    fdatasyncSync(file);
    samples.push(performance.now() - start);
  }
  closeSync(file);
  return latencies(samples);
}

async function ingestTable(server, bare) {
  const longest = Math.max(...INGEST_TARGETS.map(({ perSecondMax }) => perSecondMax));
  const made = chain({
    pages: DATABASE_PAGES,
    transactions: Math.ceil(longest * (SECONDS + WARM_UP_SECONDS)),
    changes: PAGES_CHANGED,
  });
  const bytes = made.files.reduce((sum, file) => sum + file.length, 0) / made.files.length;
  print(
    `transactions of ${PAGES_CHANGED} pages, ${bytes.toFixed(0)} bytes on the wire, ${SECONDS} s each\n\n`,
  );
  print(
    head(
      'writers',
      'tx/s',
      'reach',
      'p50 / p99 / worst ms',
      'reach p99',
      'bare tx/s',
      'of bare',
      'CPU us/tx',
      'pos ms',
      'RSS MB',
    ),
  );
  const load = { seconds: SECONDS, warmUpSeconds: WARM_UP_SECONDS, chain: framed(made) };
  // What is measured is a server that has been running for a while.
  await ingest(server.url, { ...load, writers: 8, seconds: WARM_UP_SECONDS, prefix: 'warm' });
  for (const { writers, perSecond, p99 } of INGEST_TARGETS) {
    const baseline = await ingest(bare.url, { ...load, writers, prefix: `w${writers}`, repeat: true });
    const cpu = server.cpuSeconds;
    const work = () => ingest(server.url, { ...load, writers, prefix: `w${writers}` });
    const result = await whilePolling(server.url, POLL_MS, work);
    const perTx = ((server.cpuSeconds - cpu) * 1e6) / result.sent;
    const ratio = `${((100 * result.perSecond) / baseline.perSecond).toFixed(0)} %`;
    const shown = [
      result.perSecond.toFixed(0),
      perSecond,
      latencyText(result),
      p99,
      baseline.perSecond.toFixed(0),
      ratio,
    ];
    print(
      row(writers, ...shown, perTx.toFixed(0), latencyText(result.polls), server.peakMegabytes.toFixed(0)),
    );
  }
}

async function snapshotTable(server, bare) {
  const { chunks } = snapshot(LARGE_PAGES);
  const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  print(`\na database of ${LARGE_MEGABYTES.toFixed(0)} MB, ${(bytes / 1e6).toFixed(0)} MB on the wire\n\n`);
  print(head('work', 'MB/s of database', 'reach', 'bare', 'until first byte', 'pos ms', 'RSS MB'));
  const bareSeconds = await upload(bare.url, '/db/tx?db=large.db', chunks);
  const report = async (name, reach, bareRate, work) => {
    const result = await whilePolling(server.url, POLL_MS, work);
    const rate = (LARGE_MEGABYTES / result.seconds).toFixed(0);
    const first = result.first === undefined ? '-' : `${result.first.toFixed(2)} s`;
    print(
      row(name, rate, reach, bareRate, first, latencyText(result.polls), server.peakMegabytes.toFixed(0)),
    );
  };
  const bareRate = (LARGE_MEGABYTES / bareSeconds).toFixed(0);
  await report('POST first snapshot', 250, bareRate, async () => ({
    seconds: await upload(server.url, '/db/tx?db=large.db', chunks),
  }));
  const get = (format) => () => download(server.url, `/db/snapshot?db=large.db&format=${format}`);
  await report('GET as LTX', 250, '-', get('ltx'));
  await report('GET as SQLite', 400, '-', get('sqlite'));
}

const directory = mkdtempSync(join(DIRECTORY, 'lfsb-bench-'));
const output = join(directory, 'server.log');
const server = await Child.start('server.mjs', [join(directory, 'data')], NODE_OPTIONS, output);
const bare = await Child.start('bare-server.mjs', []);
try {
  const sync = fdatasyncs(directory, 9000);
  print(`an append of 9 KB and its fdatasync: ${latencyText(sync)} ms (p50 / p99 / worst)\n`);
  if (ONLY !== 'snapshot') await ingestTable(server, bare);
  if (ONLY !== 'ingest') await snapshotTable(server, bare);
  print(`\npeak memory of the server over everything: ${server.peakMegabytes.toFixed(0)} MB, reach 200\n`);
} finally {
  await bare.stop();
  await server.stop();
  rmSync(directory, { recursive: true });
}
