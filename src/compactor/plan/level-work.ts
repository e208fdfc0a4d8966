import type { Txid } from '../../ltx/index.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import type { SourcedFile } from './files.ts';
import { byEnd } from './files.ts';
import { type Group, groupFiles } from './groups.ts';
import type { Rules } from './rules.ts';
import { type LevelConfig, SNAPSHOT_LEVEL, type StoredFile } from './types.ts';
import { type Hole, walk } from './walk.ts';
import type { Windows } from './windows.ts';

/** What there is to do at one level of one database on one replica. */
export interface LevelWork {
  readonly config: LevelConfig;
  /** Groups whose file is to be built now, in their order. */
  readonly due: readonly Group[];
  /** All groups whose file is to be built, now or later: the files they are made of are owed to this level. */
  readonly owed: readonly Group[];
  /** Groups that this level passes over: their points would be past their promise already. */
  readonly passed: readonly Group[];
  /** Up to here the level holds the history, or has passed over it. */
  readonly reach: Txid;
  readonly holes: readonly Hole[];
}

/** What the levels below one leave to it. */
interface Below {
  /** How far the level below has come. */
  readonly reach: Txid | null;
  /** Effective time of the first file that is due below, ms: the window it is in is not yet whole. */
  readonly pendingTime: number | null;
}

/** The work of every level, from the lowest: each builds from what those below it have built already. */
export function workOf(view: ReplicaView, context: PlanContext): LevelWork[] {
  const works: LevelWork[] = [];
  let below: Below = { reach: null, pendingTime: null };
  for (const config of context.config.levels) {
    const work = levelWork(view, config, below, context);
    works.push(work);
    below = { reach: work.reach, pendingTime: earliest(below.pendingTime, work.due[0]?.end.effectiveTime) };
  }
  return works;
}

const earliest = (a: number | null, b: number | undefined): number | null =>
  a === null || b === undefined ? (a ?? b ?? null) : Math.min(a, b);

function levelWork(view: ReplicaView, config: LevelConfig, below: Below, context: PlanContext): LevelWork {
  const { rules, now } = context;
  const windows = rules.windows(view.hash, config.intervalMs);
  const pool = poolOf(view, config.level, below.reach);
  const built = progress(view, config.level, pool, rules);
  const { files, holes } = walk(built, pool, rules);
  const groups = groupFiles(files, built, windows, rules);
  const ready = countWhile(groups, ({ window }) => isWhole(window, windows, below, now));
  const passed = countPassed(view, groups, ready, config, context);
  return {
    config,
    passed: groups.slice(0, passed),
    due: groups.slice(passed, ready),
    owed: groups.slice(passed),
    reach: passed > 0 ? groups[passed - 1]!.end.maxTxid : (built?.maxTxid ?? 0n),
    holes,
  };
}

/**
 * The file of this level, or of one above it, that reaches furthest. On a replica that has copied from another,
 * it may end within a file of a level below: then the one at whose end that file begins.
 */
function progress(
  view: ReplicaView,
  level: number,
  pool: readonly SourcedFile[],
  rules: Rules,
): StoredFile | null {
  const built = view.own.filter(({ file }) => file.level >= level).map(({ file }) => file);
  if (built.length === 0) return null;
  const furthest = built.reduce((a, b) => (byEnd(a, b) > 0 ? a : b));
  const { maxTxid } = furthest;
  const across = pool.filter(
    ({ file }) => file.minTxid > 1n && file.minTxid <= maxTxid && file.maxTxid > maxTxid,
  );
  if (across.length === 0) return furthest;
  return built.findLast((each) => across.some(({ file }) => rules.follows(each, file))) ?? furthest;
}

/** What a level can be built from: level 0, and the replica's own files of the levels below. */
function poolOf(view: ReplicaView, level: number, reach: Txid | null): SourcedFile[] {
  const below = (entry: SourcedFile) =>
    entry.file.level < level && (reach === null || entry.file.maxTxid <= reach);
  return [...view.own.filter(below), ...view.local.filter(below)];
}

/** A window is whole when no more is to come into it: from the clock, and from the levels below. */
function isWhole(window: number, windows: Windows, below: Below, now: number): boolean {
  if (!windows.isClosed(window, now)) return false;
  return below.pendingTime === null || windows.of(below.pendingTime) > window;
}

/**
 * How many groups a level passes over, because their points would be past their promise when they are made. Only
 * whole windows of the next level are passed over: that level can then build them at once, and what follows here
 * has something to follow. Of snapshots the last is built in any case: it stands for all that was passed over.
 */
function countPassed(
  view: ReplicaView,
  groups: readonly Group[],
  ready: number,
  config: LevelConfig,
  context: PlanContext,
): number {
  if (!context.clockTrusted) return 0;
  const { rules, now } = context;
  const isPast = ({ end }: Group) => rules.isPastLevel(rules.promiseStart(end) + config.retentionMs, now);
  if (config.level === SNAPSHOT_LEVEL) return countWhile(groups.slice(0, Math.max(0, ready - 1)), isPast);
  const past = countWhile(groups.slice(0, ready), isPast);
  const following = groups[past];
  const next = context.config.levels.find(({ level }) => level > config.level);
  if (following === undefined || next === undefined) return past;
  const windows = rules.windows(view.hash, next.intervalMs);
  const first = windows.of(following.end.effectiveTime);
  return countWhile(groups.slice(0, past), ({ end }) => windows.of(end.effectiveTime) < first);
}

function countWhile<T>(items: readonly T[], holds: (item: T) => boolean): number {
  const first = items.findIndex((item) => !holds(item));
  return first === -1 ? items.length : first;
}
