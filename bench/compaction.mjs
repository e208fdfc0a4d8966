import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { download, upload } from './support/bulk.mjs';
import { busyDatabase, level0Of, NOW } from './support/busy-database.mjs';
import { Child } from './support/child.mjs';
import { copySeconds } from './support/copy.mjs';
import { LongChain } from './support/long-chain.mjs';
import { serverOptions } from './support/options.mjs';
import { head, row } from './support/statistics.mjs';

/**
 * How fast stored files are merged, beside a plain copy of the largest on the same disk (with fdatasync); how much
 * memory merging and restoring take beyond what the process has at rest; and what planning costs where level 0 is
 * long.
 *
 * LFSB_BENCH_COMPACTION_MB: size of the database (1000). LFSB_BENCH_TRANSACTIONS: of level 0 (360000: an hour of 100
 * a second). LFSB_BENCH_DIR: where the data directory is made (temporary). LFSB_BENCH_NODE_OPTIONS: given to the
 * server's node; those of `npm start` unless set.
 */
const MEGABYTES = Number(process.env.LFSB_BENCH_COMPACTION_MB ?? 1000);
const TRANSACTIONS = Number(process.env.LFSB_BENCH_TRANSACTIONS ?? 360_000);
const DIRECTORY = process.env.LFSB_BENCH_DIR ?? tmpdir();
const NODE_OPTIONS = serverOptions();

const REACH_ABOVE_REST_MB = 64;
const FOLDED = 10_000;
const FILES = 16;
const POLL_MS = 200;

const print = (text) => process.stdout.write(text);
const round = (value) => value.toFixed(0);

/** A base of the whole size and 15 files of changes, each of a hundredth of its pages, in a directory replica. */
function makeChain(store) {
  mkdirSync(store);
  const chain = new LongChain(Math.round((MEGABYTES * 1e6) / 4096));
  const files = [];
  for (let i = 0; i < FILES; i++) {
    const key = `${i}.ltx`;
    const file = openSync(join(store, key), 'w');
    const hash = createHash('sha256');
    let sizeBytes = 0;
    chain.next(i === 0 ? chain.pages : Math.ceil(chain.pages / 100), (chunk) => {
      hash.update(chunk);
      sizeBytes += chunk.length;
      writeSync(file, chunk);
    });
    closeSync(file);
    files.push({ place: { kind: 'replica', replica: 'store', key }, sizeBytes, sha256: hash.digest('hex') });
  }
  return { chain, files };
}

const outputOf = (chain, minTxid, preApplyChecksum) => ({
  level: 9,
  minTxid: String(minTxid),
  maxTxid: String(chain.txid),
  pageSize: 4096,
  commit: chain.pages,
  preApplyChecksum: String(preApplyChecksum),
  postApplyChecksum: String(chain.checksum),
  effectiveTime: Number(chain.timestampMs),
  receivedAt: 0,
});

async function mergeTable(folder, data) {
  const store = join(folder, 'files');
  const { chain, files } = makeChain(store);
  const input = files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0) / 1e6;
  const merger = await Child.start('merger.mjs', [folder, store, join(data, 'lfsb.db')], NODE_OPTIONS);
  try {
    const copies = [1, 2, 3].map(() => copySeconds(join(store, '0.ltx'), join(folder, 'copy')));
    const copied = files[0].sizeBytes / 1e6 / Math.min(...copies);
    print(
      `${FILES} files of ${round(input)} MB, a database of ${MEGABYTES} MB; a plain copy ${round(copied)} MB/s of file\n\n`,
    );
    print(head('work', 'MB/s of database', 'MB/s of files', 'of a copy', 'MB above rest', 'reach'));
    const report = async (name, megabytes, inputMegabytes, message) => {
      merger.resetPeak();
      const rest = merger.megabytes;
      const { seconds } = await merger.ask({ job: 'merge', ...message });
      const above = merger.peakMegabytes - rest;
      const rate = inputMegabytes / seconds;
      const shown = [megabytes / seconds, rate].map(round);
      const share = `${round((100 * rate) / copied)} %`;
      print(row(name, ...shown, share, round(above), REACH_ABOVE_REST_MB));
    };
    const task = { inputs: files, output: outputOf(chain, 1, 0), asSnapshot: true, isCopy: false };
    await report('a snapshot from 16 files', MEGABYTES, input, { task });
    const { rows, bytes, ...output } = level0Of(data, FOLDED);
    const folded = { inputs: [], output, asSnapshot: false, isCopy: false };
    await report(`${FOLDED} transactions of level 0`, (FOLDED * 4 * 4096) / 1e6, bytes / 1e6, {
      task: folded,
      rows,
    });
    print(`\na turn's plan, ${TRANSACTIONS} transactions of one database in level 0\n\n`);
    print(head('looking at', 'ms', 'MB above rest'));
    for (const [name, expire] of [
      ['what to build', false],
      ['what to build and what has expired', true],
    ]) {
      merger.resetPeak();
      const rest = merger.megabytes;
      const times = [];
      for (let i = 0; i < 5; i++)
        times.push((await merger.ask({ job: 'plan', expire, now: NOW })).seconds * 1000);
      print(row(name, round(Math.min(...times)), round(merger.peakMegabytes - rest)));
    }
  } finally {
    await merger.stop();
  }
}

async function serverTable(folder) {
  const data = join(folder, 'server');
  const server = await Child.start('server.mjs', [data], NODE_OPTIONS, join(folder, 'server.log'));
  try {
    await setTimeout(1000);
    const rest = server.megabytes;
    print(`\nthe whole server, ${round(rest)} MB at rest, a database of ${MEGABYTES} MB\n\n`);
    print(head('work', 's', 'MB/s of database', 'MB above rest', 'reach'));
    const report = async (name, reach, work) => {
      server.resetPeak();
      const start = performance.now();
      await work();
      const seconds = (performance.now() - start) / 1000;
      const above = round(server.peakMegabytes - rest);
      print(row(name, seconds.toFixed(1), round(MEGABYTES / seconds), above, reach));
    };
    const path = join(folder, 'files', '0.ltx');
    await report('taking it in', '-', () => upload(server.url, '/db/tx?db=large.db', readings(path)));
    const stored = join(data, 'store', 'bench', 'large.db', '1');
    await report(
      'storing it as level 1, with up to 10 s until its window is closed',
      REACH_ABOVE_REST_MB,
      () => until(() => filesIn(stored) > 0),
    );
    await report('restore --check', REACH_ABOVE_REST_MB, () =>
      download(server.url, '/db/restore/check?db=large.db&txid=0000000000000001'),
    );
  } finally {
    await server.stop();
  }
}

const readings = (path) => createReadStream(path, { highWaterMark: 256 * 1024 });

function filesIn(folder) {
  try {
    return readdirSync(folder).length;
  } catch {
    return 0;
  }
}

async function until(holds) {
  while (!holds()) await setTimeout(POLL_MS);
}

const folder = mkdtempSync(join(DIRECTORY, 'lfsb-bench-'));
try {
  const data = await busyDatabase(join(folder, 'busy'), { transactions: TRANSACTIONS, withBytes: FOLDED });
  await mergeTable(folder, data);
  await serverTable(folder);
} finally {
  rmSync(folder, { recursive: true });
}
