/**
 * How fast files are decoded, encoded and merged, beside what one core does with the same bytes anyway. Run
 * `npm run build` first, then `node bench/codec.mjs [MEGABYTES]`.
 */
import { createHash } from 'node:crypto';
import { crc32 } from 'node:zlib';
import { FLAG_COMPRESSED, LtxDecoder, LtxEncoder, mergeLtx, mergeToDatabase } from '../dist/src/ltx/index.js';

const MEGABYTE = 1e6;
const CHUNK_BYTES = 65_536;
const ROUNDS = 5;
const megabytes = Number(process.argv[2] ?? '268');

const results = [];
const print = (line) => process.stdout.write(`${line}\n`);

/** Takes the best of some rounds: the machine's noise only ever makes a round slower. */
async function measure(name, bytes, work) {
  let best = Number.POSITIVE_INFINITY;
  for (let round = 0; round < ROUNDS; round++) {
    const start = process.hrtime.bigint();
    await work();
    best = Math.min(best, Number(process.hrtime.bigint() - start) / 1e9);
  }
  const speed = bytes / MEGABYTE / best;
  results.push({ name, speed });
  return speed;
}

/** Pages of a kind: `text` compresses to about half, `noise` not at all. */
function makeFrames(pageSize, count, kind, first = 1, step = 1) {
  const frameBytes = pageSize + 4;
  const frames = Buffer.alloc(frameBytes * count);
  let state = 0x9e3779b9 ^ first;
  for (let i = 0; i < count; i++) {
    frames.writeUInt32BE(first + i * step, i * frameBytes);
    for (let at = i * frameBytes + 4; at < (i + 1) * frameBytes; at += 4) {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      const value = kind === 'text' && (at >>> 2) % 6 > 1 ? 0x20202020 | (at & 0xff) : state;
      frames.writeInt32LE(value | 0, at);
    }
  }
  return frames;
}

/** Encodes in batches such as a decoder hands out. */
function encodeTo(emit, header, frames, count, post) {
  const encoder = new LtxEncoder(header, emit);
  const some = Math.ceil(CHUNK_BYTES / header.pageSize);
  const frameBytes = header.pageSize + 4;
  for (let from = 0; from < count; from += some) {
    const to = Math.min(count, from + some);
    encoder.frames(frames.subarray(from * frameBytes, to * frameBytes), to - from);
  }
  encoder.end(post ?? encoder.pagesChecksum);
}

function encode(...what) {
  const chunks = [];
  encodeTo((chunk) => chunks.push(chunk), ...what);
  return Buffer.concat(chunks);
}

function headerOf(pageSize, commit, flags, txid, preApplyChecksum) {
  return {
    flags,
    pageSize,
    commit,
    minTxid: txid,
    maxTxid: txid,
    timestampMs: 0n,
    preApplyChecksum,
    walOffset: 0n,
    walSize: 0n,
    walSalt1: 0,
    walSalt2: 0,
    nodeId: 0n,
  };
}

function decode(file, sink = {}) {
  const decoder = new LtxDecoder(sink);
  for (let at = 0; at < file.length; at += CHUNK_BYTES) decoder.write(file.subarray(at, at + CHUNK_BYTES));
  return decoder.end();
}

async function* sourceOf(file) {
  for (let at = 0; at < file.length; at += CHUNK_BYTES) yield file.subarray(at, at + CHUNK_BYTES);
}

async function drain(chunks) {
  let bytes = 0;
  for await (const chunk of chunks) bytes += chunk.length;
  return bytes;
}

async function suite(pageSize, kind) {
  const count = Math.floor((megabytes * MEGABYTE) / pageSize);
  const frames = makeFrames(pageSize, count, kind);
  const bytes = count * pageSize;
  const label = (name) => `${name}, ${kind}, ${pageSize}-byte pages`;
  const plain = encode(headerOf(pageSize, count, 0, 1n, 0n), frames, count);
  const lz4 = encode(headerOf(pageSize, count, FLAG_COMPRESSED, 1n, 0n), frames, count);
  const post = decode(lz4).postApplyChecksum;
  print(`${kind}, ${pageSize}-byte pages: ${lz4.length} of ${plain.length} bytes when compressed`);

  const copy = Buffer.alloc(CHUNK_BYTES);
  await measure(label('baseline: Buffer copy'), plain.length, () => {
    for (let at = 0; at < plain.length; at += CHUNK_BYTES) plain.copy(copy, 0, at, at + CHUNK_BYTES);
  });
  await measure(label('baseline: zlib.crc32'), plain.length, () => crc32?.(plain));
  await measure(label('baseline: SHA-256'), plain.length, () => createHash('sha256').update(plain).digest());
  await measure(label('verify lz4'), bytes, () => decode(lz4));
  await measure(label('verify plain'), bytes, () => decode(plain));
  await measure(label('decode lz4'), bytes, () => decode(lz4, { pages: (batch) => batch.count }));
  await measure(label('decode plain'), bytes, () => decode(plain, { pages: (batch) => batch.count }));
  const sink = () => {};
  const encodeAs = (flags) => () => encodeTo(sink, headerOf(pageSize, count, flags, 1n, 0n), frames, count);
  await measure(label('encode lz4'), bytes, encodeAs(FLAG_COMPRESSED));
  await measure(label('encode plain'), bytes, encodeAs(0));

  // The first file after a deletion, and seven that change two pages of a hundred: their checksums link up, which
  // is all that a merge without `asSnapshot` can look at.
  const chain = [encode(headerOf(pageSize, count, FLAG_COMPRESSED, 2n, 1n << 63n), frames, count, post)];
  const some = Math.floor(count / 50);
  for (let txid = 3n; txid <= 9n; txid++) {
    const changed = makeFrames(pageSize, some, kind, Number(txid), 50);
    chain.push(encode(headerOf(pageSize, count, FLAG_COMPRESSED, txid, post), changed, some, post));
  }
  await measure(label('merge all pages and 7 x 2 %'), bytes + 7 * some * pageSize, () =>
    drain(mergeLtx(chain.map(sourceOf), { compress: true })),
  );
  await measure(label('merge one snapshot to lz4'), bytes, () =>
    drain(mergeLtx([sourceOf(lz4)], { compress: true })),
  );
  await measure(label('merge one snapshot to a database'), bytes, () =>
    drain(mergeToDatabase([sourceOf(lz4)])),
  );
}

for (const pageSize of [4096, 512]) for (const kind of ['text', 'noise']) await suite(pageSize, kind);
const base = results[0].speed;
for (const { name, speed } of results) {
  print(
    `${name.padEnd(64)} ${speed.toFixed(0).padStart(7)} MB/s ${(speed / base).toFixed(3).padStart(7)} x copy`,
  );
}
