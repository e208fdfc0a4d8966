import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatTimestamp, parseTimestamp } from '../../src/engine/restore/timestamp.ts';
import { property } from '../support/property.ts';

describe('a timestamp', () => {
  it.each([
    ['2026-11-22T02:35:44.804Z', '2026-11-22T02:35:44.804Z'],
    ['2026-11-22T02:35:44Z', '2026-11-22T02:35:44.000Z'],
    ['2026-11-22t02:35:44z', '2026-11-22T02:35:44.000Z'],
    ['2026-11-22T04:35:44.804+02:00', '2026-11-22T02:35:44.804Z'],
    ['2026-11-22T02:35:44.804-00:30', '2026-11-22T03:05:44.804Z'],
    ['2026-11-22T02:35:44.8Z', '2026-11-22T02:35:44.800Z'],
    ['2026-11-22T02:35:44.8049999999Z', '2026-11-22T02:35:44.804Z'],
    ['2024-02-29T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['2000-02-29T23:59:59.999Z', '2000-02-29T23:59:59.999Z'],
    ['0050-01-01T00:00:00Z', '0050-01-01T00:00:00.000Z'],
    ['0000-01-01T00:00:00Z', '0000-01-01T00:00:00.000Z'],
    ['9999-12-31T23:59:59.999Z', '9999-12-31T23:59:59.999Z'],
  ])('%s is %s', (text, meant) => {
    expect(formatTimestamp(parseTimestamp(text) ?? Number.NaN)).toBe(meant);
  });

  it.each([
    'yesterday',
    '2026-11-22',
    '2026-11-22T02:35:44',
    '2026-11-22 02:35:44.804Z',
    '2026-11-22T02:35:44.Z',
    '2026-11-22T02:35Z',
    '2026-02-30T00:00:00Z',
    '2026-02-29T00:00:00Z',
    '1900-02-29T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-13-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-32T00:00:00Z',
    '2026-11-22T24:00:00Z',
    '2026-11-22T23:60:00Z',
    '2026-11-22T23:59:60Z',
    '2026-11-22T02:35:44+24:00',
    '2026-11-22T02:35:44+02:60',
    '2026-11-22T02:35:44+0200',
    '2026-11-22T02:35:44.804 02:00',
    '+02026-11-22T02:35:44Z',
    ' 2026-11-22T02:35:44Z',
    '2026-11-22T02:35:44Z\n',
    '٢٠٢٦-11-22T02:35:44Z',
  ])('%j is none', (text) => {
    expect(parseTimestamp(text)).toBeUndefined();
  });

  it('is read as it was written, whenever', () => {
    const time = fc.integer({
      min: Date.UTC(2000, 0, 1) - 730_485 * 86_400_000,
      max: Date.UTC(9999, 11, 31),
    });
    fc.assert(
      fc.property(time, (ms) => {
        expect(parseTimestamp(formatTimestamp(ms))).toBe(ms);
      }),
      property(1_000),
    );
  });

  it('is written also for a time that no year can hold', () => {
    expect(formatTimestamp(-Number.MAX_SAFE_INTEGER)).toBe('0000-01-01T00:00:00.000Z');
    expect(formatTimestamp(Number.MAX_SAFE_INTEGER)).toBe('9999-12-31T23:59:59.999Z');
  });
});
