import { dyingKeys } from '../../engine/writer/outbox.ts';
import { damagedFilesOf, isDamaged } from '../../projections/damaged-files.ts';
import { loadDatabase } from '../../projections/databases.ts';
import { type StoredFileRow, storedFilesOf } from '../../projections/stored-files.ts';
import type { RunContext, TurnName } from './context.ts';
import type { FileLook } from './file-look.ts';
import { databasePrefix, keyOfName } from './object-key.ts';
import { LATER_LOOK_MS, SECOND_LOOK_MS } from './suspects.ts';

/** Files that one turn looks at: others follow in the next. */
export const LOOKS_PER_TURN_MAX = 16;

/** Objects of a database that are listed where one is missing, and how many others that are not there are looked at. */
export const LISTED_MAX = 100_000;
export const MISSING_PER_TURN_MAX = 1_000;

/** A file that is on record, and what its object is called. */
interface Listed {
  readonly row: StoredFileRow;
  readonly key: string;
  /** What it is known to be; null: as it was stored. */
  readonly known: 'missing' | 'damaged' | null;
}

/**
 * Looks at the files of a database on a replica that were found wanting: what is missing or damaged is on record from
 * then on, what is right was a bad moment. And, now and then, at what is known to be damaged: it may be back.
 * @returns when there is something to look at next, ms of the wall clock; null: nothing is known to be damaged
 * @throws JobError when the replica does not answer: then nothing is said, and they are looked at again
 */
export async function lookAgain(context: RunContext, name: TurnName): Promise<number | null> {
  const { suspects, clock } = context;
  const now = clock().wall;
  const noted = suspects
    .due(now)
    .filter(({ replica, cluster, db }) => isSame(name, { replica, cluster, db }))
    .slice(0, LOOKS_PER_TURN_MAX);
  const listed = noted.length === 0 && !hasDamage(context, name) ? [] : listedOf(context, name);
  for (const suspect of noted) {
    const file = listed.find(({ key, known }) => key === suspect.key && known === null);
    const isMissing = file !== undefined && (await look(context, file)) === 'missing';
    suspects.settle(suspect);
    if (isMissing) await lookForMore(context, name, listed);
  }
  const lost = listed.filter(
    ({ key, known }) => known !== null && suspects.isLookDue({ ...name, key }, known, now),
  );
  for (const file of lost.slice(0, LOOKS_PER_TURN_MAX)) await look(context, file);
  if (!hasDamage(context, name)) return null;
  return now + (lost.length > LOOKS_PER_TURN_MAX ? SECOND_LOOK_MS : LATER_LOOK_MS);
}

/** One that is missing is seldom alone, and each would hold up the next plan: what is not listed is looked at too. */
async function lookForMore(context: RunContext, name: TurnName, listed: readonly Listed[]): Promise<void> {
  const keys = await context.jobs.list(name.replica, databasePrefix(name.cluster, name.db), LISTED_MAX);
  if (keys.length === LISTED_MAX) return;
  const there = new Set(keys);
  const gone = listed.filter(
    ({ key, row, known }) => known === null && !there.has(key) && !isDamaged(context.sql, row),
  );
  for (const file of gone.slice(0, MISSING_PER_TURN_MAX)) await look(context, file);
}

const isSame = (a: TurnName, b: TurnName): boolean =>
  a.replica === b.replica && a.cluster === b.cluster && a.db === b.db;

const hasDamage = ({ sql }: RunContext, { cluster, db, replica }: TurnName): boolean =>
  sql.get(
    'SELECT 1 AS any FROM damaged_file WHERE cluster = ? AND db = ? AND replica = ? LIMIT 1',
    ...[cluster, db, replica],
  ) !== undefined;

/** What the replica ought to have: not what is being deleted. */
function listedOf({ sql }: RunContext, { cluster, db, replica }: TurnName): Listed[] {
  const state = loadDatabase(sql, cluster, db);
  if (state === null || state.pos === null) return [];
  const dying = dyingKeys(sql, cluster, db);
  const known = new Map(
    damagedFilesOf(sql, [cluster, db, state.incarnation])
      .filter((file) => file.replica === replica)
      .map((file) => [keyOfName(file), file.missing ? 'missing' : 'damaged'] as const),
  );
  return storedFilesOf(sql, cluster, db, state.incarnation)
    .filter((row) => row.replica === replica)
    .map((row) => ({ row, key: keyOfName(row) }))
    .map(({ row, key }) => ({ row, key, known: known.get(key) ?? null }))
    .filter(({ key }) => !dying.has(`${replica}:${key}`));
}

async function look(context: RunContext, { row, key, known }: Listed): Promise<FileLook['kind']> {
  const { jobs, writer, clock, log } = context;
  const damaged = known !== null;
  const { cluster, db, incarnation, replica, minTxid, maxTxid, sha256 } = row;
  const found = await jobs.look({ replica, key, sha256 });
  context.afterStep('looked');
  context.suspects.looked({ cluster, db, replica, key }, clock().wall);
  const level = row.level as 1 | 2 | 3 | 9;
  const file = { cluster, db, incarnation, replica, level, minTxid, maxTxid };
  if (found.kind === 'right') {
    if (damaged) await writer.execute({ type: 'storage.found', key, sha256, body: file, clock: clock() });
    log.warn(
      { replica, key },
      damaged ? 'a stored file is right again' : 'a stored file is right by a second look',
    );
  }
  if (damaged || found.kind === 'right') return found.kind;
  const body = { ...file, found: found.kind === 'missing' ? null : bytesOf(found) };
  const command = { type: 'storage.damaged', key, sha256, body, clock: clock() } as const;
  const { recorded } = await writer.execute(command);
  if (recorded) log.error({ replica, key }, `a stored file is ${found.kind}`);
  return found.kind;
}

const bytesOf = ({ sizeBytes, sha256 }: { sizeBytes: number; sha256: string }) => ({
  sizeBytes: String(sizeBytes),
  sha256,
});
