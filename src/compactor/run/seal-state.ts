import type { SealingState, SealStep, SinceCheckpoint, TrimState } from '../../commands/decide-sealing.ts';
import { readBorder, readHead } from '../../log/head.ts';
import { hasNewsSince, sealedHead } from '../../log/seal/places.ts';
import type { Sql } from '../../projections/index.ts';

const numberOf = (value: unknown): number | null => (typeof value === 'number' ? value : null);

/** How the log of one replica stands, by some small queries. */
export function sealingState(sql: Sql, place: number, isCatchingUp: boolean): SealingState {
  const { seq: sealedSeq } = sealedHead(sql, place);
  const checkpoint = sql.get(
    'SELECT max(seq) AS seq, max(stored_at) AS at FROM log_checkpoint WHERE place = ?',
    place,
  );
  const sealed = sql.get(
    'SELECT sealed_at FROM log_segment WHERE place = ? ORDER BY last_seq DESC LIMIT 1',
    place,
  );
  const puts = [numberOf(checkpoint?.['at']), numberOf(sealed?.['sealed_at'])].filter((at) => at !== null);
  return {
    sealedSeq,
    headSeq: readHead(sql).seq,
    hasNews: hasNewsSince(sql, sealedSeq),
    isBehindBorder: sealedSeq < readBorder(sql).seq,
    unfinished: unfinishedOf(sql, place),
    baseSeq: newestBase(sql),
    checkpointSeq: numberOf(checkpoint?.['seq']) ?? 0,
    lastPutAt: puts.length === 0 ? null : Math.max(...puts),
    isCatchingUp,
  };
}

function unfinishedOf(sql: Sql, place: number): SealStep | null {
  const row = sql.get('SELECT kind, first_seq, last_seq FROM log_put WHERE place = ?', place);
  if (row === undefined) return null;
  const lastSeq = Number(row['last_seq']);
  return row['kind'] === 'checkpoint'
    ? { kind: 'checkpoint', seq: lastSeq }
    : { kind: 'segment', firstSeq: Number(row['first_seq']), lastSeq };
}

const newestBase = (sql: Sql): number =>
  Number(sql.get('SELECT max(seq) AS seq FROM log_base')?.['seq'] ?? 0);

/** Checkpoints of a replica whose deletion has begun. */
export const expiringCheckpoints = (sql: Sql, place: number): number[] =>
  sql
    .all('SELECT seq FROM log_checkpoint WHERE place = ? AND is_expiring = 1 ORDER BY seq', place)
    .map((row) => Number(row['seq']));

/** What has happened since the newest checkpoint; null in an empty log. */
export function sinceCheckpoint(sql: Sql): SinceCheckpoint | null {
  const base = sql.get('SELECT seq, made_at FROM log_base ORDER BY seq DESC LIMIT 1');
  const seq = Number(base?.['seq'] ?? 0);
  const since = base?.['made_at'] ?? sql.get('SELECT time FROM event ORDER BY seq LIMIT 1')?.['time'];
  if (typeof since !== 'number') return null;
  const textBytes = textBytesAfter(sql, seq);
  return { events: readHead(sql).seq - seq, textBytes, since, hasNews: hasNewsSince(sql, seq) };
}

const LEAD = 'SELECT id FROM log_place WHERE required = 1 ORDER BY ordinal LIMIT 1';

/** What the segments behind an event take, by the first required replica. */
const textBytesAfter = (sql: Sql, seq: number): number =>
  Number(
    sql.get(
      `SELECT coalesce(sum(text_bytes), 0) AS bytes FROM log_segment WHERE place = (${LEAD}) AND last_seq > ?`,
      seq,
    )?.['bytes'],
  );

/** How far the log could leave the data directory, and how far it has to. */
export function trimState(sql: Sql, keptTextBytes: number): TrimState {
  const places = sql.all('SELECT id FROM log_place WHERE required = 1').map((row) => Number(row['id']));
  const safe = places.map((place) =>
    Math.min(
      sealedHead(sql, place).seq,
      Number(
        sql.get('SELECT max(seq) AS seq FROM log_checkpoint WHERE place = ? AND is_expiring = 0', place)?.[
          'seq'
        ] ?? 0,
      ),
    ),
  );
  const borderSeq = readBorder(sql).seq;
  return {
    headSeq: readHead(sql).seq,
    borderSeq,
    safeSeq: safe.length === 0 ? 0 : Math.min(...safe, newestBase(sql)),
    fullSeq: fullSeq(sql, borderSeq, keptTextBytes),
  };
}

/** The event behind which the texts take so many bytes; 0 while all take less. Only what is here is looked at. */
function fullSeq(sql: Sql, borderSeq: number, keptTextBytes: number): number {
  const row = sql.get(
    `SELECT max(last_seq) AS seq FROM (
       SELECT last_seq, sum(text_bytes) OVER (ORDER BY last_seq DESC) - text_bytes AS behind
       FROM log_segment WHERE place = (${LEAD}) AND last_seq > ?) WHERE behind >= ?`,
    borderSeq,
    keptTextBytes,
  );
  return numberOf(row?.['seq']) ?? 0;
}

/** Checkpoints of the data directory that a newer one has taken the place of, on every required replica. */
export const obsoleteBases = (sql: Sql): number[] =>
  sql
    .all(
      `SELECT seq FROM log_base WHERE seq < (
         SELECT min(newest) FROM (
           SELECT coalesce((SELECT max(seq) FROM log_checkpoint WHERE place = p.id AND is_expiring = 0), 0) AS newest
           FROM log_place p WHERE p.required = 1)) AND seq NOT IN (
         SELECT last_seq FROM log_put WHERE kind = 'checkpoint') ORDER BY seq`,
    )
    .map((row) => Number(row['seq']));
