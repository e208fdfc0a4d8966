import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../src/config/secret.ts';
import { expandVariables } from '../../src/config/yaml/expand.ts';
import { parseBoolean, parseCount, parseDuration } from '../../src/config/yaml/values.ts';
import { property } from '../support/property.ts';

describe('a duration', () => {
  test.each([
    ['0', 0],
    ['0s', 0],
    ['300ms', 300],
    ['1s', 1_000],
    ['5m', 300_000],
    ['24h', 86_400_000],
    ['1h30m', 5_400_000],
    ['1h0m0.5s', 3_600_500],
    ['1.5h', 5_400_000],
    ['1m1m', 120_000],
    ['1500us', 2],
    ['1µs', 1],
    ['1ns', 1],
  ])('%s is %i ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test.each([
    ['', /not a duration/],
    ['24', /has no unit: write 24s/],
    ['5m junk', /not a duration/],
    ['1 h', /not a duration/],
    ['-1h', /not a duration/],
    ['+1h', /not a duration/],
    ['1H', /not a duration/],
    ['.5h', /not a duration/],
    ['1h30', /not a duration/],
    ['1d', /write 24h/],
    ['2 weeks', /write 336h/],
    ['1e3s', /not a duration/],
    ['999999999999999999h', /longer than a hundred years/],
  ])('%j is none', (text, why) => {
    expect(() => parseDuration(text)).toThrow(why);
  });

  test('is the sum of its parts, as Go adds them', () => {
    const part = fc.tuple(fc.integer({ min: 0, max: 999 }), fc.constantFrom('h', 'm', 's', 'ms'));
    const unit = { h: 3_600_000, m: 60_000, s: 1_000, ms: 1 };
    fc.assert(
      fc.property(fc.array(part, { minLength: 1, maxLength: 5 }), (parts) => {
        const sum = parts.reduce((ms, [count, name]) => ms + count * unit[name], 0);
        expect(parseDuration(parts.map(([count, name]) => `${count}${name}`).join(''))).toBe(sum);
      }),
      property(100),
    );
  });
});

test.each(['1.0', '-1', '1e3', '0x10', ' 1', '', '11'])('%j is no count from 1 to 10', (text) => {
  expect(() => parseCount(1, 10)(text)).toThrow(/not a whole number from 1 to 10/);
});

test('only words of yes and no are one', () => {
  expect(['true', 'Yes', 'on', 'false', 'no', 'OFF'].map(parseBoolean)).toEqual([
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
  expect(() => parseBoolean('1')).toThrow(/neither true nor false/);
});

test('variables are replaced as Litestream does it, and one that is not set is refused', () => {
  const expand = expandVariables({ A: 'one', B_2: 'two', EMPTY: '' }, 42);
  expect(expand(`\${A}/$B_2/x\${EMPTY}y/$PID-$A`)).toBe('one/two/xy/42-one');
  expect(expand('$5 and a $')).toBe('$5 and a $');
  expect(() => expand(`\${NOWHERE}`)).toThrow('the variable NOWHERE is not set');
  expect(() => expand('pa$word')).toThrow('the variable word is not set');
});

test('a secret shows itself to whom it is meant for, and to nobody else', () => {
  const secret = new Secret('hunter2');
  expect(secret.reveal()).toBe('hunter2');
  for (const shown of [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { depth: 9, showHidden: true }),
  ]) {
    expect(shown).not.toContain('hunter2');
  }
});
