import { formatTxid, type Txid } from '../../ltx/index.ts';
import type { BuildAction } from './actions.ts';
import { buildOfFile } from './build-of-file.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { byEnd, follows, type SourcedFile, sourced } from './files.ts';
import { History } from './history.ts';
import { isPromised } from './promise.ts';
import type { DatabaseCatalogue, StoredFile } from './types.ts';

/**
 * What a replica that was away for too long copies from another, as it is, level for level: level 0 no longer
 * has what it missed. Null when level 0 goes on where the replica ends, so that it can build by itself.
 *
 * Copies go by where they end, the longest first, so that each point is there at its highest level, and a
 * copying that breaks off is taken up where it ended.
 */
export function planBackfill(view: ReplicaView, context: PlanContext): BuildAction[] | null {
  const tip = new History(view.own, context.rules).tip?.last.file ?? null;
  if (goesOnLocally(tip, view)) return null;
  return copiesFor(view, tip, context);
}

/** What to copy to a replica that ends at `tip`; null when no other has more. */
export function copiesFor(
  view: ReplicaView,
  tip: StoredFile | null,
  context: PlanContext,
): BuildAction[] | null {
  const after = tip?.maxTxid ?? 0n;
  const source = furthestSource(view.catalogue, view.replica, after, context);
  if (source === null) return null;
  const own = new Set(view.own.map(({ file }) => fileName(file)));
  const isWanted = ({ file }: SourcedFile): boolean =>
    file.maxTxid >= after || (isPromised(file, context) && file.maxTxid > reachOf(view, file.level));
  return filesSince(source, isWanted, new History(view.own, context.rules))
    .filter(({ file }) => !own.has(fileName(file)))
    .map((input) =>
      buildOfFile(
        view,
        input.file,
        [input],
        `level 0 no longer has what ${view.replica} missed up to ${formatTxid(input.file.maxTxid)}, ${input.replica} has`,
      ),
    );
}

/** How far a level has come on a replica, or one above it, from which it would go on. */
const reachOf = ({ own }: ReplicaView, level: number): Txid =>
  own.reduce((max, { file }) => (file.level >= level && file.maxTxid > max ? file.maxTxid : max), 0n);

/**
 * What is wanted, and where that begins in places that the replica does not know, its borders being others, the way
 * there as well. In the order of where they end, so that each has something to follow.
 *
 * Wanted is what ends where the replica does or later; and what a level had yet to build, which goes on from where the
 * files above it end as soon as they are copied, and would never come back to it.
 */
function filesSince(
  { files, history }: Source,
  isWanted: (entry: SourcedFile) => boolean,
  alone: History,
): SourcedFile[] {
  const wanted = new Map<StoredFile, SourcedFile>();
  for (const entry of files) {
    if (!isWanted(entry)) continue;
    wanted.set(entry.file, entry);
    let before = history.at(entry.file.minTxid - 1n, entry.file.preApplyChecksum) ?? null;
    while (before !== null && alone.endOf(before.last.file) === undefined && !wanted.has(before.last.file)) {
      wanted.set(before.last.file, before.last);
      before = before.previous;
    }
  }
  return [...wanted.values()].sort((a, b) => byEnd(a.file, b.file));
}

const fileName = ({ level, minTxid, maxTxid }: StoredFile): string => `${level}/${minTxid}-${maxTxid}`;

function goesOnLocally(tip: StoredFile | null, { local, catalogue }: ReplicaView): boolean {
  const [oldest, newest] = [local[0]?.file, local.at(-1)?.file];
  if (oldest === undefined || newest === undefined) return false;
  if (tip !== null) return newest.maxTxid <= tip.maxTxid || local.some(({ file }) => follows(tip, file));
  const isOlder = (file: StoredFile) => file.maxTxid < oldest.maxTxid;
  return oldest.minTxid === 1n && ![...catalogue.replicas.values()].some((files) => files.some(isOlder));
}

interface Source {
  readonly files: readonly SourcedFile[];
  readonly history: History;
}

/** Of the replicas that have more than `after`, the one whose history reaches furthest. */
function furthestSource(
  catalogue: DatabaseCatalogue,
  replica: string,
  after: Txid,
  { rules }: PlanContext,
): Source | null {
  let furthest: Source | null = null;
  let reached = after;
  for (const [name, stored] of catalogue.replicas) {
    if (name === replica) continue;
    const files = sourced(name, stored);
    const history = new History(files, rules);
    const end = history.tip?.last.file.maxTxid ?? 0n;
    if (end <= reached) continue;
    furthest = { files, history };
    reached = end;
  }
  return furthest;
}
