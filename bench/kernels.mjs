import Database from 'better-sqlite3';
import { createCRC64, createXXHash32 } from 'hash-wasm';
import { compress, decompress } from 'lz4-wasm-nodejs';
import { kernels, LZ4_SLACK_BYTES } from '../dist/src/ltx/kernels/index.js';

/**
 * GB/s of each kernel beside a library doing the same work in the same run: `npm run build && node
 * bench/kernels.mjs`. Only the ratio compares across machines; each figure is the best of ROUNDS, so that other
 * work on the machine weighs little.
 */
const PAGE_BYTES = 4096;
const FRAME_BYTES = PAGE_BYTES + 4;
const BLOCK_BYTES = 65_536;
const BLOCKS = 32;
const ROUNDS = 12;
const ROUND_MS = 40;

const print = (line) => process.stdout.write(`${line}\n`);

/** The pages of a database of accounts: words, numbers and a quarter that does not compress. */
function databasePages() {
  const db = new Database(':memory:');
  db.exec('CREATE TABLE account (id INTEGER PRIMARY KEY, name TEXT, mail TEXT, token BLOB, note TEXT)');
  db.exec(`WITH RECURSIVE i (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM i WHERE n < 14000)
    INSERT INTO account SELECT n, 'Customer number ' || (n * 7919 % 100000), 'user' || n || '@example.org',
      randomblob(40), 'Joined on day ' || (n % 366) || ', balance ' || abs(random() % 1000000) || ' cents' FROM i`);
  db.exec('CREATE INDEX account_mail ON account (mail)');
  return db.serialize();
}

/** The best rate of `work`, in GB/s, where one call handles `bytes` bytes. */
function rate(bytes, work) {
  let best = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const start = performance.now();
    let calls = 0;
    do {
      work();
      calls++;
    } while (performance.now() - start < ROUND_MS);
    best = Math.max(best, (bytes * calls) / (performance.now() - start) / 1e6);
  }
  return best;
}

function report(kernel, ours, theirs, remark = '') {
  const ratio = `${(ours / theirs).toFixed(1)}x`;
  print(
    `${kernel.padEnd(22)} ${ours.toFixed(2).padStart(6)} ${theirs.toFixed(2).padStart(8)} ${ratio.padStart(7)}  ${remark}`,
  );
}

const k = kernels();
const pages = databasePages();
const frames = Buffer.concat(
  Array.from({ length: 16 }, (_, i) =>
    Buffer.concat([Buffer.from([0, 0, 0, i + 1]), pages.subarray(i * PAGE_BYTES, (i + 1) * PAGE_BYTES)]),
  ),
);
const crcLibrary = await createCRC64('d800000000000000');
const xxhLibrary = await createXXHash32(0);

print('kernel                  GB/s  library   ratio');
k.ensure(4 * 1024 * 1024);
k.memory.set(frames, 1);
const crcRate = rate(frames.length, () => crcLibrary.init().update(frames).digest('binary'));
report(
  'crc64',
  rate(frames.length, () => k.crc64(0n, 1, frames.length)),
  crcRate,
  'hash-wasm',
);
report(
  'pageSums',
  rate(frames.length, () => k.pageSums(0n, 1, 16, FRAME_BYTES, 1 << 20)),
  crcRate,
  'two CRCs, each byte read once',
);
report(
  'xxh32',
  rate(frames.length, () => {
    k.xxh32Begin(1 << 20);
    k.xxh32Update(1 << 20, 1, frames.length);
    k.xxh32Digest(1 << 20);
  }),
  rate(frames.length, () => xxhLibrary.init().update(frames).digest('binary')),
  'hash-wasm',
);

const slot = BLOCK_BYTES + LZ4_SLACK_BYTES;
const blocks = Array.from({ length: BLOCKS }, (_, i) =>
  pages.subarray(i * BLOCK_BYTES, (i + 1) * BLOCK_BYTES),
);
const ourSizes = blocks.map((block) => {
  k.memory.set(block, 0);
  return k.lz4Encode(0, BLOCK_BYTES, slot);
});
const theirs = blocks.map((block) => compress(block));
const share = (sizes) => (sizes.reduce((sum, size) => sum + size, 0) / (BLOCKS * BLOCK_BYTES)).toFixed(3);
const cycle = (work) => {
  let next = 0;
  return () => work(next++ % BLOCKS);
};

report(
  'lz4Encode',
  rate(
    BLOCK_BYTES,
    cycle((i) => {
      k.memory.set(blocks[i], 0);
      k.lz4Encode(0, BLOCK_BYTES, slot);
    }),
  ),
  rate(
    BLOCK_BYTES,
    cycle((i) => compress(blocks[i])),
  ),
  `lz4-wasm-nodejs; compressed to ${share(ourSizes)}, library ${share(theirs.map((block) => block.length - 4))}`,
);
report(
  'lz4Decode',
  rate(
    BLOCK_BYTES,
    cycle((i) => {
      k.memory.set(theirs[i].subarray(4), 0);
      if (k.lz4Decode(0, theirs[i].length - 4, slot, BLOCK_BYTES, slot) !== BLOCK_BYTES)
        throw new Error('not decoded');
    }),
  ),
  rate(
    BLOCK_BYTES,
    cycle((i) => decompress(theirs[i])),
  ),
  'lz4-wasm-nodejs; the same blocks, copied in',
);
