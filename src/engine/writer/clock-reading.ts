import type { SavedClock } from '../../commands/clock-belief.ts';
import type { Sql } from '../../projections/index.ts';

/** What was believed of the clocks last; null before anything was. */
export function loadClockReading(sql: Sql): SavedClock | null {
  const row = sql.get('SELECT * FROM clock_reading');
  if (row === undefined) return null;
  return {
    reading: { wall: Number(row['wall']), monotonic: Number(row['monotonic']) },
    bootId: typeof row['boot_id'] === 'string' ? row['boot_id'] : null,
    doubts: JSON.parse(String(row['doubts'])) as SavedClock['doubts'],
  };
}

export function saveClockReading(sql: Sql, { reading, bootId, doubts }: SavedClock): void {
  sql.run(
    'INSERT OR REPLACE INTO clock_reading VALUES (1, ?, ?, ?, ?)',
    Math.round(reading.wall),
    Math.round(reading.monotonic),
    bootId,
    JSON.stringify(doubts),
  );
}
