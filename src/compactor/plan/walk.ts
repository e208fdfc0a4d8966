import type { Txid } from '../../ltx/index.ts';
import { byEnd, type SourcedFile } from './files.ts';
import type { Rules } from './rules.ts';
import type { StoredFile } from './types.ts';

/** Transactions that are nowhere: there is nothing between one that ends at `after` and one that begins at `before`. */
export interface Hole {
  /** 0 where nothing comes before. */
  readonly after: Txid;
  readonly before: Txid;
}

/** Files in the order of the history they hold, each after the one before it, and what is missing between them. */
export interface Walk {
  readonly files: readonly SourcedFile[];
  readonly holes: readonly Hole[];
}

/**
 * Goes through files from the end of `start` (from the first base when null): at each place the longest that
 * continues it, of the highest level. Where none does, the history goes on at the next base: rightly at a
 * re-base, which leaves the chain before it as it is, else over a hole. O(n log n).
 */
export function walk(start: StoredFile | null, pool: readonly SourcedFile[], rules: Rules): Walk {
  const from = start?.maxTxid ?? 0n;
  const files = pool.filter(({ file }) => file.maxTxid > from).sort((a, b) => byEnd(a.file, b.file));
  const next = indexByStart(files);
  const bases = basesByLevel(files, rules);
  const way: SourcedFile[] = [];
  const holes: Hole[] = [];
  let at = start;
  for (;;) {
    const found: SourcedFile | undefined =
      at === null ? undefined : longest(next.get(at.maxTxid + 1n), at, rules);
    const step = found ?? bases.after(at?.maxTxid ?? 0n);
    if (found === undefined) noteHole(holes, at, step, files);
    if (step === undefined) return { files: way, holes };
    way.push(step);
    at = step.file;
  }
}

function indexByStart(files: readonly SourcedFile[]): Map<Txid, SourcedFile[]> {
  const index = new Map<Txid, SourcedFile[]>();
  for (const entry of files) {
    const others = index.get(entry.file.minTxid);
    if (others === undefined) index.set(entry.file.minTxid, [entry]);
    else others.push(entry);
  }
  return index;
}

function longest(
  candidates: readonly SourcedFile[] | undefined,
  at: StoredFile,
  rules: Rules,
): SourcedFile | undefined {
  let best: SourcedFile | undefined;
  for (const entry of candidates ?? []) {
    if (!rules.follows(at, entry.file)) continue;
    if (best === undefined || isLonger(entry.file, best.file)) best = entry;
  }
  return best;
}

const isLonger = (a: StoredFile, b: StoredFile): boolean =>
  a.level === b.level ? a.maxTxid > b.maxTxid : a.level > b.level;

/**
 * The first base after a place: of the highest level whose own history goes on there with a base. A level
 * that goes on with another file has what comes before that file in the levels below it.
 */
function basesByLevel(files: readonly SourcedFile[], rules: Rules) {
  const levels = new Map<number, { files: SourcedFile[]; at: number }>();
  for (const entry of files) {
    const known = levels.get(entry.file.level);
    if (known === undefined) levels.set(entry.file.level, { files: [entry], at: 0 });
    else known.files.push(entry);
  }
  const falling = [...levels.entries()].sort(([a], [b]) => b - a).map(([, each]) => each);
  return {
    after(txid: Txid): SourcedFile | undefined {
      let later: SourcedFile | undefined;
      for (const level of falling) {
        while (level.at < level.files.length && level.files[level.at]!.file.maxTxid <= txid) level.at++;
        const first = level.files[level.at];
        if (first !== undefined && rules.isBase(first.file)) return first;
        const base = level.files.slice(level.at).find(({ file }) => rules.isBase(file));
        if (base !== undefined && (later === undefined || base.file.maxTxid < later.file.maxTxid))
          later = base;
      }
      return later;
    },
  };
}

/** No hole: nothing more, a re-base, or a history whose beginning has gone and that begins anew after a deletion. */
function noteHole(
  holes: Hole[],
  at: StoredFile | null,
  step: SourcedFile | undefined,
  files: readonly SourcedFile[],
): void {
  const after = at?.maxTxid ?? 0n;
  const first = files.find(({ file }) => file.maxTxid > after);
  if (first === undefined || first.file.minTxid === 1n) return;
  if (at === null && first === step) return;
  holes.push({ after, before: first.file.minTxid });
}
