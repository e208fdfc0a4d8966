import { formatTxid, type Txid } from '../../ltx/index.ts';
import type { BuildAction } from './actions.ts';
import type { PlanContext, ReplicaView } from './context.ts';
import { byEnd, follows, type SourcedFile, sourced } from './files.ts';
import { History, type Point, wayTo } from './history.ts';
import { BUILDS_MAX } from './plan-build.ts';
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
  return filesSince(source, after)
    .filter(({ file }) => !own.has(fileName(file)))
    .slice(0, BUILDS_MAX)
    .map((input) => copyOf(view, input));
}

/** What ends after a TXID, and what the source's newest state is restored from, so that the copies lead there. */
function filesSince({ files, tip }: Source, after: Txid): SourcedFile[] {
  const wanted = new Map(wayTo(tip).map((entry) => [entry.file, entry]));
  for (const entry of files) if (entry.file.maxTxid > after) wanted.set(entry.file, entry);
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
  readonly tip: Point;
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
    const { tip } = new History(files, rules);
    if (tip === null || tip.last.file.maxTxid <= reached) continue;
    furthest = { files, tip };
    reached = tip.last.file.maxTxid;
  }
  return furthest;
}

function copyOf(view: ReplicaView, input: SourcedFile): BuildAction {
  const { cluster, db, incarnation } = view.catalogue;
  const { sizeBytes: _, ...output } = input.file;
  return {
    kind: 'build',
    cluster,
    db,
    incarnation,
    replica: view.replica,
    output,
    inputs: [input],
    passes: [[{ kind: 'input', index: 0 }]],
    asSnapshot: input.file.minTxid === 1n,
    waitingSince: input.file.receivedAt,
    reason: `level 0 no longer has what ${view.replica} missed up to ${formatTxid(input.file.maxTxid)}, ${input.replica} has`,
  };
}
