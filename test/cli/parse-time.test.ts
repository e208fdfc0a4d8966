import { describe, expect, test } from 'vitest';
import { txidOf } from '../../cli/server/parse-txid.ts';
import { parseTime } from '../../cli/time/parse-time.ts';

process.env['TZ'] = 'Europe/Berlin';

/** Noon of a Wednesday in winter, a day after an ordinary one. */
const NOW = Date.parse('2026-02-04T11:00:00.000Z');
const utc = (text: string, now = NOW): string => parseTime(text, now).utc;

describe('a time of the command line', () => {
  test.each([
    ['2026-02-03T14:00:00Z', '2026-02-03T14:00:00.000Z'],
    ['2026-02-03t14:00:00.1239z', '2026-02-03T14:00:00.123Z'],
    ['2026-02-03T14:00:00+01:00', '2026-02-03T13:00:00.000Z'],
    ['2026-02-03 14:00:00-05:30', '2026-02-03T19:30:00.000Z'],
    // As `info` prints it.
    ['2026-11-22 02:35:44.804 +0000 UTC', '2026-11-22T02:35:44.804Z'],
    ['2 hours ago', '2026-02-04T09:00:00.000Z'],
    ['1 week ago', '2026-01-28T11:00:00.000Z'],
    ['yesterday 14:00', '2026-02-03T13:00:00.000Z'],
    ['Yesterday at 14:00:07', '2026-02-03T13:00:07.000Z'],
    ['today', '2026-02-03T23:00:00.000Z'],
  ])('%s is %s', (text, expected) => {
    expect(utc(text)).toBe(expected);
  });

  test('says what it understood, in both zones', () => {
    expect(parseTime('yesterday 14:00', NOW).text).toBe(
      '2026-02-03T14:00:00.000+01:00 (2026-02-03T13:00:00.000Z)',
    );
  });

  test('yesterday is a day of the calendar, also when it has 25 hours', () => {
    expect(utc('yesterday 12:00', Date.parse('2026-10-26T11:30:00Z'))).toBe('2026-10-25T11:00:00.000Z');
  });

  test('an hour that the clocks leap over is refused', () => {
    expect(() => utc('today 02:30', Date.parse('2026-03-29T10:00:00Z'))).toThrow('there is no such time');
  });

  test.each([
    '2026-02-30T00:00:00Z',
    '2026-02-03T24:00:00Z',
    '2026-02-03T14:00:00',
    '2026-02-03',
    '14:00',
    '5m junk',
    '-2 hours ago',
    '99999999 weeks ago',
    '',
  ])('%j is refused', (text) => {
    expect(() => utc(text)).toThrow(expect.objectContaining({ code: 'EUSAGE' }));
  });
});

describe('a TXID of the command line', () => {
  test.each([
    ['000000000000001F', '000000000000001f'],
    ['0x1f', '000000000000001f'],
    ['0Xffffffffffffffff', 'ffffffffffffffff'],
  ])('%s is %s', (text, expected) => {
    expect(txidOf(text)).toBe(expected);
  });

  test.each(['100', '1f', '0x', '0x0', '0000000000000000', '0x11111111111111111', 'xyz', ''])(
    '%j is refused',
    (text) => {
      expect(() => txidOf(text)).toThrow(expect.objectContaining({ code: 'EUSAGE' }));
    },
  );
});
