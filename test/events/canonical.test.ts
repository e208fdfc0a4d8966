import reference from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { CANONICAL_DEPTH_MAX, canonicalize } from '../../src/events/canonical.ts';
import { runs } from '../support/scale.ts';

describe('the canonical form', () => {
  it('is that of a second implementation of RFC 8785, for any JSON value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5, stringUnit: 'binary' }), (value) => {
        expect(canonicalize(value)).toBe(reference(value));
      }),
      { numRuns: runs(1_000) },
    );
  });

  it('reads back as the same value, and is its own canonical form', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4, stringUnit: 'binary' }), (value) => {
        const text = canonicalize(value);
        expect(canonicalize(JSON.parse(text))).toBe(text);
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
      { numRuns: runs(300) },
    );
  });

  it('sorts by UTF-16 code units and writes numbers as ECMAScript does (the examples of RFC 8785)', () => {
    const names = { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\ud83d\ude00': 5, '\u0080': 6, '\u00f6': 7 };
    expect(canonicalize(names)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    );
    expect(canonicalize([333_333_333.3333333, 1e30, 4.5, 2e-3, 1e-27, -0])).toBe(
      '[333333333.3333333,1e+30,4.5,0.002,1e-27,0]',
    );
    expect(canonicalize('\u20ac$\u000f\nA\'B"\\\\"/')).toBe('"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"');
  });

  const cyclic: unknown[] = [];
  cyclic.push(cyclic);
  const deepest = Array.from({ length: CANONICAL_DEPTH_MAX }).reduce<unknown>((inner) => [inner], 0);

  it.each([
    ['undefined', undefined],
    ['an undefined member', { a: undefined }],
    ['a hole', Array.from({ length: 1 })],
    ['NaN', Number.NaN],
    ['an infinity', [Number.NEGATIVE_INFINITY]],
    ['a bigint', 1n],
    ['a lone surrogate', 'a\ud800'],
    ['a lone surrogate in a name', { '\udc00': 1 }],
    ['a function', () => 1],
    ['a date', new Date(0)],
    ['a cycle', cyclic],
    ['too many levels', [deepest]],
  ])('refuses %s', (_name, value) => {
    expect(() => canonicalize(value)).toThrow(expect.objectContaining({ code: 'ECANONICAL' }));
  });

  it('takes as many levels as it says', () => {
    expect(canonicalize(deepest)).toHaveLength(2 * CANONICAL_DEPTH_MAX + 1);
  });
});
