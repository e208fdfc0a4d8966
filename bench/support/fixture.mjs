import { randomFillSync } from 'node:crypto';
import { LtxEncoder, pageChecksum, toggleChecksums } from '../../dist/src/ltx/index.js';

export const PAGE_BYTES = 4096;

const NOISE_BYTES = PAGE_BYTES / 4;

/**
 * A primary's clock that runs ahead: what counts then is when each transaction is received, so that files made
 * before a run begin and end the windows of the levels as if they were made while they are sent.
 */
const CLOCK_AHEAD_MS = 300_000n;
const TIME_MS = BigInt(Date.now()) + CLOCK_AHEAD_MS;

const WORDS =
  'account balance customer number joined order invoice street total paid shipped returned open '.split(' ');

/** Words and numbers that LZ4 takes to about two fifths. */
export function text(bytes, seed) {
  let line = '';
  for (let state = seed >>> 0; line.length < bytes; ) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    line += `${WORDS[(state >>> 20) % WORDS.length]} `;
    if ((state & 0x70000) === 0) line += `${state >>> 4} `;
  }
  return Buffer.from(line.slice(0, bytes), 'latin1');
}

const TEXTS = Array.from({ length: 64 }, (_, i) => text(PAGE_BYTES - NOISE_BYTES, i + 1));

/** A page of which a quarter does not compress. */
export function page(target, number) {
  target.set(TEXTS[number % TEXTS.length], 0);
  randomFillSync(target, PAGE_BYTES - NOISE_BYTES, NOISE_BYTES);
  return target;
}

const headerOf = (txid, commit, preApplyChecksum) => ({
  flags: 1,
  pageSize: PAGE_BYTES,
  commit,
  minTxid: txid,
  maxTxid: txid,
  timestampMs: TIME_MS + txid,
  preApplyChecksum,
  walOffset: 0n,
  walSize: 0n,
  walSalt1: 0,
  walSalt2: 0,
  nodeId: 0n,
});

/** The first file of a database: all pages, in pieces as the encoder makes them. */
export function snapshot(pages, onPage = () => {}) {
  const chunks = [];
  const encoder = new LtxEncoder(headerOf(1n, pages, 0n), (chunk) => chunks.push(chunk));
  const data = Buffer.alloc(PAGE_BYTES);
  for (let number = 1; number <= pages; number++) {
    encoder.page(number, page(data, number));
    onPage(number, data);
  }
  encoder.end(encoder.pagesChecksum);
  return { chunks, checksum: encoder.pagesChecksum };
}

/**
 * A database and the transactions that follow, each of `changes` random pages. Names are no part of a file, so
 * one chain serves every database of a run.
 */
export function chain({ pages, transactions, changes }) {
  const sums = new Map();
  const first = snapshot(pages, (number, data) => sums.set(number, pageChecksum(number, data)));
  let { checksum } = first;
  const files = [];
  const data = Buffer.alloc(PAGE_BYTES);
  for (let i = 0; i < transactions; i++) {
    const pre = checksum;
    const chunks = [];
    const encoder = new LtxEncoder(headerOf(BigInt(i) + 2n, pages, pre), (chunk) => chunks.push(chunk));
    for (const number of pick(changes, pages)) {
      encoder.page(number, page(data, number));
      const sum = pageChecksum(number, data);
      checksum = toggleChecksums(checksum, sums.get(number), sum);
      sums.set(number, sum);
    }
    encoder.end(checksum);
    files.push(Buffer.concat(chunks));
  }
  return { first: Buffer.concat(first.chunks), files };
}

/** So many different page numbers, rising. */
function pick(count, pages) {
  const numbers = new Set();
  while (numbers.size < count) numbers.add(1 + Math.floor(Math.random() * pages));
  return [...numbers].sort((a, b) => a - b);
}
