import { expect } from 'vitest';
import { type Kernels, LZ4_SLACK_BYTES } from '../../src/ltx/kernels/index.ts';

const CANARY = 0xa5;
const CANARY_BYTES = 128;

/** Copies `block` in, decodes it with `history` in front of the output, and asserts that nothing else changed. */
export function decode(
  target: Kernels,
  block: Uint8Array,
  max: number,
  history: Uint8Array = new Uint8Array(0),
): Uint8Array | null {
  const from = CANARY_BYTES;
  const windowStart = from + block.length + LZ4_SLACK_BYTES + CANARY_BYTES;
  const to = windowStart + history.length;
  const end = to + max + LZ4_SLACK_BYTES;
  target.ensure(end + CANARY_BYTES);
  target.memory.fill(CANARY, 0, end + CANARY_BYTES);
  target.memory.set(block, from);
  target.memory.set(history, windowStart);
  const length = target.lz4Decode(from, block.length, to, max, windowStart);

  const { memory } = target;
  expect(isCanary(memory, 0, from)).toBe(true);
  expect(Buffer.compare(memory.subarray(from, from + block.length), block)).toBe(0);
  expect(isCanary(memory, from + block.length, windowStart)).toBe(true);
  expect(Buffer.compare(memory.subarray(windowStart, to), history)).toBe(0);
  expect(isCanary(memory, end, end + CANARY_BYTES)).toBe(true);
  expect(length).toBeLessThanOrEqual(max);
  return length < 0 ? null : memory.slice(to, to + length);
}

const isCanary = (memory: Uint8Array, start: number, end: number): boolean =>
  memory.subarray(start, end).every((byte) => byte === CANARY);

/** `toEqual` compares element by element, which takes a second for a few megabytes. */
export const isSame = (a: Uint8Array | null, b: Uint8Array | null): boolean =>
  a === null || b === null ? a === b : Buffer.compare(a, b) === 0;

/** The block that `target` makes of `data`, or null when it does not shrink. */
export function encode(target: Kernels, data: Uint8Array): Uint8Array | null {
  const from = CANARY_BYTES;
  const to = from + data.length + CANARY_BYTES;
  const end = to + data.length + LZ4_SLACK_BYTES;
  target.ensure(end + CANARY_BYTES);
  target.memory.fill(CANARY, 0, end + CANARY_BYTES);
  target.memory.set(data, from);
  const length = target.lz4Encode(from, data.length, to);
  expect(isCanary(target.memory, 0, from)).toBe(true);
  expect(isCanary(target.memory, from + data.length, to)).toBe(true);
  expect(isCanary(target.memory, end, end + CANARY_BYTES)).toBe(true);
  return length === 0 ? null : target.memory.slice(to, to + length);
}
