import { createHash } from 'node:crypto';
import { Random } from '../../support/random.ts';

export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** Levels by default, ms between their borders: as `design.md` has them. */
export const INTERVALS: ReadonlyMap<number, number> = new Map([
  [1, 10 * SECOND],
  [2, 5 * MINUTE],
  [3, HOUR],
  [9, DAY],
]);

/** A transaction to be sent. */
export interface Write {
  readonly at: number;
  readonly db: string;
}

/** A file that a window of a level owes to each replica, and when the window is closed. */
export interface Owed {
  readonly at: number;
  readonly db: string;
  readonly level: number;
}

/** Ten days of a database that is busy for minutes of each, one that is written to now and then, and one that rests. */
export function tenDays(start: number, seed: number): Write[] {
  const random = new Random(seed);
  const writes: Write[] = [{ at: start + 1, db: 'idle.db' }];
  for (let day = 0; day < 10; day++) {
    const busyFrom = start + day * DAY + random.int(HOUR, 22 * HOUR);
    for (let at = busyFrom; at < busyFrom + 5 * MINUTE; at += random.int(SECOND, 9 * SECOND)) {
      writes.push({ at, db: 'busy.db' });
    }
    for (let i = random.int(1, 4); i > 0; i--) {
      writes.push({ at: start + day * DAY + random.int(0, DAY - 1), db: 'sparse.db' });
    }
  }
  return writes.sort((a, b) => a.at - b.at);
}

/** What has to be stored for it: a file for each window of each level in which something was written, and no other. */
export function owedFor(writes: readonly Write[], cluster: string): Owed[] {
  const owed = new Map<string, Owed>();
  for (const { at, db } of writes) {
    for (const [level, interval] of INTERVALS) {
      const end = endOfWindow(`${cluster}/${db}`, at, interval);
      owed.set(`${db}/${level}/${end}`, { at: end, db, level });
    }
  }
  return [...owed.values()].sort((a, b) => a.at - b.at);
}

/** floor((time + offset) / interval) is a time's window; offset = hash of the name mod interval (`design.md`, format). */
function endOfWindow(name: string, time: number, interval: number): number {
  const hash = createHash('sha256').update(name).digest().readBigUInt64BE(0);
  const offset = Number(hash % BigInt(interval));
  return (Math.floor((time + offset) / interval) + 1) * interval - offset;
}
