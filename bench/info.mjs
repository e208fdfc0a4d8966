import { once } from 'node:events';
import { createReadStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { download, upload } from './support/bulk.mjs';
import { Child } from './support/child.mjs';
import { chain } from './support/fixture.mjs';
import { makeDatabase } from './support/image.mjs';
import { framed, ingest } from './support/load.mjs';
import { serverOptions } from './support/options.mjs';
import { head, latencyText, row } from './support/statistics.mjs';

/**
 * How long an info takes while transactions, an import and a snapshot go on, each in turn and all at once. The load
 * is in this process, on the same machine.
 *
 * LFSB_BENCH_SECONDS: of each row (10). LFSB_BENCH_DIR: where the data directory is made (temporary).
 * LFSB_BENCH_NODE_OPTIONS: given to the server's node; those of `npm start` unless set.
 */
const SECONDS = Number(process.env.LFSB_BENCH_SECONDS ?? 10);
const DIRECTORY = process.env.LFSB_BENCH_DIR ?? tmpdir();
const NODE_OPTIONS = serverOptions();

const REACH_P99_MS = 25;
const POLL_MS = 20;
const WRITERS = 8;
const LARGE_MB = 134;
/** Enough of them for each writer at the fastest. */
const TRANSACTIONS_PER_SECOND = 600;

const print = (text) => process.stdout.write(text);
const folder = mkdtempSync(join(DIRECTORY, 'lfsb-bench-'));
const server = await Child.start(
  'server.mjs',
  [join(folder, 'data')],
  NODE_OPTIONS,
  join(folder, 'server.log'),
);
try {
  const image = join(folder, 'image.db');
  makeDatabase(image, LARGE_MB);
  const send = (db) => upload(server.url, `/db/upload?db=${db}`, createReadStream(image));
  await send('large.db');
  const made = framed(
    chain({ pages: 1000, transactions: Math.ceil(TRANSACTIONS_PER_SECOND * SECONDS), changes: 4 }),
  );

  let runs = 0;
  const again = async (work) => {
    const until = performance.now() + SECONDS * 1000;
    for (let i = 0; performance.now() < until; i++) await work(i);
  };
  const load = {
    nothing: () => again(() => new Promise((resolve) => setTimeout(resolve, POLL_MS))),
    transactions: () =>
      ingest(server.url, {
        prefix: `run${runs++}`,
        writers: WRITERS,
        seconds: SECONDS,
        warmUpSeconds: 0,
        chain: made,
      }),
    imports: () => again((i) => send(`import-${i % 4}.db`)),
    snapshots: () => again(() => download(server.url, '/db/snapshot?db=large.db&format=sqlite')),
  };
  print(head('meanwhile', 'info p50 / p99 / worst ms', 'reach p99'));
  const report = async (name, work) => {
    const poller = new Worker(new URL('support/poller.mjs', import.meta.url), {
      workerData: { url: server.url, path: '/db/info?db=large.db', everyMs: POLL_MS },
    });
    await work();
    poller.postMessage('stop');
    const [polls] = await once(poller, 'message');
    print(row(name, latencyText(polls), REACH_P99_MS));
  };
  for (const [name, work] of Object.entries(load)) await report(name, work);
  const { transactions, imports, snapshots } = load;
  await report('all at once', () => Promise.all([transactions(), imports(), snapshots()]));
} finally {
  await server.stop();
  rmSync(folder, { recursive: true });
}
