import { EventError } from './errors.ts';

/** A value that JSON can hold. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Deeper values are refused: they would end in a stack overflow somewhere. */
export const CANONICAL_DEPTH_MAX = 64;

const fail = (what: string): never => {
  throw new EventError('ECANONICAL', `${what} has no canonical form`);
};

/** Characters that JSON escapes, and any surrogate, paired or not: all others are written as they are. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
const NEEDS_CARE = /["\\\u0000-\u001f\ud800-\udfff]/;

function canonicalString(value: string): string {
  if (!NEEDS_CARE.test(value)) return `"${value}"`;
  return value.isWellFormed() ? JSON.stringify(value) : fail('a lone surrogate');
}

function canonicalObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== Object.prototype && prototype !== null) fail('an object with a class');
  const members = value as Record<string, unknown>;
  // The default sort compares UTF-16 code units, which is what RFC 8785 asks for.
  const keys = Object.keys(members).sort();
  let out = '{';
  for (const key of keys) {
    if (out.length > 1) out += ',';
    out += `${canonicalString(key)}:${canonicalValue(members[key], depth + 1)}`;
  }
  return `${out}}`;
}

function canonicalArray(value: readonly unknown[], depth: number): string {
  let out = '[';
  for (let index = 0; index < value.length; index += 1) {
    if (index > 0) out += ',';
    out += canonicalValue(value[index], depth + 1);
  }
  return `${out}]`;
}

function canonicalValue(value: unknown, depth: number): string {
  if (typeof value === 'string') return canonicalString(value);
  if (typeof value === 'number') {
    return Number.isFinite(value) ? JSON.stringify(value) : fail(String(value));
  }
  if (value === null) return 'null';
  if (typeof value === 'boolean') return value ? 'true' : 'false';
  if (typeof value !== 'object') return fail(`a value of type ${typeof value}`);
  if (depth >= CANONICAL_DEPTH_MAX) fail('a value nested so deep');
  return Array.isArray(value) ? canonicalArray(value, depth) : canonicalObject(value, depth);
}

/**
 * The JSON text of a value in the canonical form of RFC 8785: no white space, members sorted by UTF-16 code
 * units, numbers and strings as ECMAScript writes them.
 * @throws EventError `ECANONICAL` for what JSON cannot hold: nothing is dropped or changed silently
 */
export const canonicalize = (value: unknown): string => canonicalValue(value, 0);
