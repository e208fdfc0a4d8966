import { CLOCK_JUMP_MAX_MS, type ClockReading } from './clock.ts';

/** Doubts kept one by one; beyond, the two oldest become one that lasts as long as the later. */
export const DOUBTS_MAX = 64;

/**
 * How much earlier than they should some points may expire by the wall clock. `from` is the monotonic time at which
 * that was found, ms; only what was received before is concerned.
 *
 * - `gap`: nothing but the wall clock says that so much time has passed, since the machine was off. A clock that
 *   is found to be right ends it.
 * - `late`: a suspect clock was behind by as much, and what was received meanwhile has such times.
 */
export interface Doubt {
  readonly kind: 'gap' | 'late';
  readonly gapMs: number;
  readonly from: number;
}

/**
 * What is believed of the wall clock (ADR 9). `base` is what it is held to while the machine runs:
 *
 * - a `line`: it stood there and was believed, and goes on as the monotonic clock does
 * - a `floor`: it cannot stand before that, but how much later it may be is not known
 * - `lost`: a floor, too; but the clock was suspect before, and only a replica's date or an operator tells
 *
 * `earliest`, while the clock is suspect: the least that a time of receipt was ahead of the monotonic clock, ms.
 */
export interface ClockBelief {
  readonly suspect: boolean;
  readonly base: ClockReading & { readonly kind: 'line' | 'floor' | 'lost' };
  readonly doubts: readonly Doubt[];
  readonly earliest: number;
}

/** What was believed last, as it was kept over a stop. */
export interface SavedClock {
  readonly reading: ClockReading;
  /** The start of the machine that `monotonic` counts from; null when it is not known. */
  readonly bootId: string | null;
  readonly doubts: readonly Doubt[];
}

export interface ClockStart {
  /** Null: nothing was ever believed. */
  readonly saved: SavedClock | null;
  /** The log says that the clock is suspect. */
  readonly suspect: boolean;
  readonly reading: ClockReading;
  readonly bootId: string | null;
}

/** What a process that starts believes, before it looks at the clock. */
export function beliefAtStart({ saved, suspect, reading, bootId }: ClockStart): ClockBelief {
  const { wall, monotonic } = saved?.reading ?? reading;
  // A container's own idea of when it started may go back under one and the same boot.
  const sameBoot =
    saved === null || (bootId !== null && bootId === saved.bootId && reading.monotonic >= monotonic);
  const sinceBoot = sameBoot ? monotonic : reading.monotonic;
  const doubts = (saved?.doubts ?? []).map((doubt) => ({
    ...doubt,
    from: doubt.from - monotonic + sinceBoot,
  }));
  // A clock that was suspect and has not gone back since is what it was.
  const isLost = suspect && (saved === null || reading.wall >= wall - CLOCK_JUMP_MAX_MS);
  const kind = sameBoot && saved !== null ? 'line' : isLost ? 'lost' : saved === null ? 'line' : 'floor';
  return { suspect, base: { kind, wall, monotonic: sinceBoot }, doubts, earliest: wall - sinceBoot };
}

/** Where the wall clock should stand, ms; at the least, where it is not a line. */
export const expectedWall = ({ base }: ClockBelief, { monotonic }: ClockReading): number =>
  Math.round(base.wall + monotonic - base.monotonic);

/** When something is received now, ms: under a suspect clock no earlier than it should stand. Promises count from it. */
export const receivedAt = (belief: ClockBelief, reading: ClockReading): number =>
  belief.suspect ? Math.max(reading.wall, expectedWall(belief, reading)) : reading.wall;

/** What is believed after a look at the clocks. A clock that comes back to where it should be is believed again. */
export function observed(belief: ClockBelief, reading: ClockReading): ClockBelief {
  const ahead = reading.wall - expectedWall(belief, reading);
  const { kind } = belief.base;
  if (kind !== 'lost' && Math.abs(ahead) <= CLOCK_JUMP_MAX_MS) return believed(reading, belief.doubts);
  if (kind !== 'floor' || ahead < 0) return suspected(belief, reading);
  const doubt = { kind: belief.suspect ? 'late' : 'gap', gapMs: ahead, from: reading.monotonic } as const;
  return believed(reading, merged([...belief.doubts, doubt]));
}

/**
 * The clock is right: an operator says so, or a replica. What was received meanwhile by a clock that was behind
 * would expire too early by as much.
 */
export function confirmed(belief: ClockBelief, reading: ClockReading): ClockBelief {
  const behindMs = belief.suspect ? reading.wall - reading.monotonic - belief.earliest : 0;
  const late = belief.doubts.filter(({ kind }) => kind === 'late');
  if (behindMs <= CLOCK_JUMP_MAX_MS) return believed(reading, late);
  return believed(reading, merged([...late, { kind: 'late', gapMs: behindMs, from: reading.monotonic }]));
}

/** The clock is wrong: a replica says what it should be. */
export function disproved(belief: ClockBelief, reading: ClockReading, expected: number): ClockBelief {
  const base = { kind: 'line', wall: expected, monotonic: reading.monotonic } as const;
  return suspected({ ...belief, base }, reading);
}

/** The clock is believed as it stands. */
export const believed = (reading: ClockReading, doubts: readonly Doubt[] = []): ClockBelief => ({
  suspect: false,
  base: { kind: 'line', wall: reading.wall, monotonic: reading.monotonic },
  doubts,
  earliest: Number.POSITIVE_INFINITY,
});

function suspected(belief: ClockBelief, reading: ClockReading): ClockBelief {
  const suspect = { ...belief, suspect: true };
  const earliest = belief.suspect ? belief.earliest : Number.POSITIVE_INFINITY;
  return { ...suspect, earliest: Math.min(earliest, receivedAt(suspect, reading) - reading.monotonic) };
}

/**
 * How far the wall clock may be ahead of the time that is proven to have passed, ms. What was received before a
 * doubt arose may expire only that much later. A doubt ends when the server has run for the longest retention:
 * by then all of that has kept its promise in any case.
 */
export const doubtedMs = (
  { doubts }: Pick<ClockBelief, 'doubts'>,
  { monotonic }: ClockReading,
  longestRetentionMs: number,
  kinds: readonly Doubt['kind'][] = ['gap', 'late'],
): number =>
  doubts
    .filter(({ kind, from }) => kinds.includes(kind) && monotonic - from <= longestRetentionMs)
    .reduce((sum, { gapMs }) => sum + gapMs, 0);

function merged(doubts: readonly Doubt[]): readonly Doubt[] {
  const [first, second, ...rest] = doubts;
  if (doubts.length <= DOUBTS_MAX || first === undefined || second === undefined) return doubts;
  const kind = first.kind === second.kind ? first.kind : 'late';
  return [{ kind, gapMs: first.gapMs + second.gapMs, from: second.from }, ...rest];
}
