import { describe, expect, it } from 'vitest';
import {
  decideSealing,
  decideTrim,
  isCheckpointDue,
  type SealingState,
} from '../../src/commands/decide-sealing.ts';

const MINUTE = 60_000;
const NOW = 1_800_000_000_000;

const state = (change: Partial<SealingState> = {}): SealingState => ({
  sealedSeq: 10,
  headSeq: 20,
  hasNews: true,
  isBehindBorder: false,
  unfinished: null,
  baseSeq: 0,
  checkpointSeq: 0,
  lastPutAt: NOW - MINUTE,
  isCatchingUp: false,
  ...change,
});

const segment = { kind: 'segment', firstSeq: 11, lastSeq: null };

describe('what is put to a replica next', () => {
  it.each<[string, Partial<SealingState>, object | null]>([
    ['a segment when something happened and a minute has passed', {}, segment],
    ['the first segment at once', { lastPutAt: null }, segment],
    ['nothing within the minute', { lastPutAt: NOW - MINUTE + 1 }, null],
    [
      'the next one within the minute where more waits than one holds',
      { lastPutAt: NOW, isCatchingUp: true },
      segment,
    ],
    ['a segment though the clock went back', { lastPutAt: NOW + MINUTE }, segment],
    ['nothing when only sealing itself has happened', { hasNews: false }, null],
    ['nothing when all is there', { sealedSeq: 20, hasNews: false }, null],
    ['what has left the data directory, news or none', { hasNews: false, isBehindBorder: true }, segment],
    [
      'a checkpoint in the place of a segment',
      { baseSeq: 8, checkpointSeq: 3 },
      { kind: 'checkpoint', seq: 8 },
    ],
    ['a segment while the replica lacks what the checkpoint follows from', { baseSeq: 11 }, segment],
    ['segments first while it is behind', { baseSeq: 8, isCatchingUp: true }, segment],
    [
      'a checkpoint also when nothing is to be sealed',
      { hasNews: false, baseSeq: 9 },
      { kind: 'checkpoint', seq: 9 },
    ],
    [
      'what was begun, before all else, with the bounds that it was begun with',
      { unfinished: { kind: 'segment', firstSeq: 11, lastSeq: 15 }, lastPutAt: NOW },
      { kind: 'segment', firstSeq: 11, lastSeq: 15 },
    ],
  ])('%s', (_name, change, expected) => {
    expect(decideSealing(state(change), NOW, MINUTE)).toEqual(expected);
  });
});

describe('a checkpoint', () => {
  const limits = { checkpointIntervalMs: 1_000, checkpointEvents: 100, checkpointTextBytes: 5_000 };
  const since = { events: 1, textBytes: 1, since: NOW, hasNews: true };

  it.each([
    ['a day after the last one', { since: NOW - 1_000 }, true],
    ['not before', { since: NOW - 999 }, false],
    ['after so many events', { events: 100 }, true],
    ['after so many bytes', { textBytes: 5_000 }, true],
    ['never while nothing happens', { since: 0, events: 1e9, hasNews: false }, false],
  ])('is due %s', (_name, change, expected) => {
    expect(isCheckpointDue({ ...since, ...change }, NOW, limits)).toBe(expected);
  });
});

describe('events leave', () => {
  const trim = { headSeq: 1_000, borderSeq: 100, safeSeq: 800, fullSeq: 0 };

  it.each([
    ['beyond the number that is kept', {}, 300, 700],
    ['beyond the bytes that are kept', { fullSeq: 750 }, 300, 750],
    ['no further than is safe', {}, 50, 800],
    ['not at all while all fit', {}, 950, null],
    ['not at all while nothing is safe', { safeSeq: 0 }, 10, null],
  ])('%s', (_name, change, kept, expected) => {
    expect(decideTrim({ ...trim, ...change }, kept)).toBe(expected);
  });
});
