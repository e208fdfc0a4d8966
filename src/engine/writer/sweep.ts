import type { WriterContext } from './context.ts';

/** Dead payloads deleted in one transaction. */
export const SWEEP_PAYLOADS_MAX = 64;

/** What one step of a sweep did; `files` of the spool are no longer named by anything. */
export interface SweepResult {
  readonly more: boolean;
  readonly files: readonly string[];
}

/** One step: some dead page checksums, or else some dead payloads. */
export function handleSweep({ index, sql }: WriterContext): SweepResult {
  if (index.sweep()) return { more: true, files: [] };
  const dead = sql.all('SELECT seq, spool_name FROM dead_payload ORDER BY seq LIMIT ?', SWEEP_PAYLOADS_MAX);
  const files: string[] = [];
  for (const { seq, spool_name: name } of dead) {
    if (seq === undefined) continue;
    sql.run('DELETE FROM payload_bytes WHERE seq = ?', seq);
    sql.run('DELETE FROM dead_payload WHERE seq = ?', seq);
    if (typeof name === 'string') files.push(name);
  }
  return { more: dead.length === SWEEP_PAYLOADS_MAX, files };
}
