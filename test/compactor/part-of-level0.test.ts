import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { requiredReplicas } from '../../src/compactor/plan/high-water-mark.ts';
import type { DeleteAction, Plan } from '../../src/compactor/plan/index.ts';
import { level0NeededFrom, type OmittedLevel0 } from '../../src/compactor/plan/level0-part.ts';
import { type DatabasePlan, planDatabase } from '../../src/compactor/plan/plan-database.ts';
import { RULES } from '../../src/compactor/plan/rules.ts';
import type { ReplicaState, StoredFile } from '../../src/compactor/types.ts';
import { history, live } from '../property/compactor/support/histories.ts';
import { World } from '../property/compactor/support/world.ts';
import { runs } from '../support/scale.ts';
import { seed } from '../support/seed.ts';
import { CONFIG, catalogue, file, HOUR, MINUTE, T0, transactions } from './support/files.ts';

/** The last time that a date can be, ms. */
const END_OF_TIME = 8.64e15;

/** Transactions of the beginning of level 0 that a turn looks at: few, so that much is left out. */
const FIRST = 12;

interface Of {
  readonly replica: string;
  readonly expire: boolean;
  /** Whether to plan from that part of level 0 that a turn reads, or from all of it. */
  readonly part: boolean;
  /** Files that are taken to be deleted already. */
  readonly gone?: ReadonlySet<StoredFile>;
}

/** Plans one replica, as a turn does. */
function turn(world: World, { replica, expire, part, gone = new Set() }: Of): DatabasePlan {
  const without = (files: readonly StoredFile[]) => files.filter((file) => !gone.has(file));
  const stored = new Map([...world.stored].map(([name, files]) => [name, without(files)]));
  const replicas: ReplicaState[] = [...world.stored.keys()]
    .map((name, i) => ({
      name,
      required: i === 0,
      backoffUntil: name === replica && !world.down.has(name) ? null : END_OF_TIME,
    }))
    .filter(({ name }) => expire || name === replica);
  const of = [replica, ...requiredReplicas(replicas).map(({ name }) => name)];
  const all = without(world.local);
  const from = level0NeededFrom({ replicas: stored }, of);
  const first = expire ? FIRST : 0;
  const isRead = ({ maxTxid }: StoredFile, i: number) => !part || from === 0n || i < first || maxTxid >= from;
  const local = all.filter(isRead);
  const omitted: OmittedLevel0 | null =
    local.length === all.length ? null : { after: all[first - 1]?.maxTxid ?? 0n, before: from };
  const { wall: now, trusted: clockTrusted } = world.clock;
  return planDatabase(
    {
      catalogue: { cluster: 'c', db: 'd', incarnation: 1, local, replicas: stored },
      held: new Set(),
      replicas,
      pins: world.pins,
      level0Cutoff: expire ? Number.NEGATIVE_INFINITY : null,
      omitted,
    },
    { config: world.config, now, clockTrusted, rules: RULES },
  );
}

/** A server that plans as turns do, replica by replica. */
class TurnWorld extends World {
  readonly #onTurn: (replica: string) => void;

  constructor(options: ConstructorParameters<typeof World>[0], onTurn: (replica: string) => void = () => {}) {
    super(options);
    this.#onTurn = onTurn;
  }

  override plan(): Plan {
    const plans = [...this.stored.keys()].map((replica) => {
      this.#onTurn(replica);
      const { builds, gaps } = turn(this, { replica, expire: false, part: true });
      // Builds come first: what expires is planned by a turn that has none.
      return { builds, gaps, deletes: builds.length > 0 ? [] : this.#expire(replica) };
    });
    // A copy that finds its file gone fails and is planned anew: that is no matter of plans.
    const read = new Set(
      plans.flatMap(({ builds }) => builds.flatMap(({ inputs }) => inputs)).map(({ file }) => file),
    );
    const deletes = new Map(
      plans
        .flatMap((each) => each.deletes)
        .flatMap((each) => (read.has(each.file) ? [] : [[each.file, each]])),
    );
    return {
      actions: [...plans.flatMap(({ builds }) => builds), ...deletes.values()],
      gaps: plans.flatMap(({ gaps }) => gaps),
    };
  }

  /** What goes in one turn after the other, until nothing more does. */
  #expire(replica: string): DeleteAction[] {
    const deletes: DeleteAction[] = [];
    for (const gone = new Set<StoredFile>(); ; ) {
      const more = turn(this, { replica, expire: true, part: true, gone }).deletes;
      if (more.length === 0) return deletes;
      deletes.push(...more);
      for (const { file } of more) gone.add(file);
    }
  }
}

const names = (
  files: readonly { readonly level: number; readonly minTxid: bigint; readonly maxTxid: bigint }[],
) => files.map(({ level, minTxid, maxTxid }) => `${level}/${minTxid}-${maxTxid}`);

describe('plans made from a part of level 0', () => {
  it(`keep every promise, whatever happens (LFSB_TEST_SEED=${seed})`, { timeout: 300_000 }, () => {
    fc.assert(
      fc.property(history, ({ episodes, ...options }) => live(new TurnWorld(options), episodes)),
      { seed, numRuns: runs(20) },
    );
  });

  it(`build what those made from all of it build, and delete nothing else (LFSB_TEST_SEED=${seed})`, {
    timeout: 300_000,
  }, () => {
    let omitting = 0;
    const compare = (world: World, replica: string): void => {
      const builds = (part: boolean) =>
        names(turn(world, { replica, expire: false, part }).builds.map(({ output }) => output));
      expect(builds(true)).toEqual(builds(false));
      // Level 0 goes from its beginning only, and a turn never goes beyond what it has read of that.
      const beginning = new Set(world.local.slice(0, FIRST));
      const goes = ({ file }: DeleteAction) => file.level > 0 || beginning.has(file);
      const deletes = (part: boolean) => turn(world, { replica, expire: true, part }).deletes;
      const [few, all] = [deletes(true), deletes(false)];
      const isExtra = (each: DeleteAction) => goes(each) && !all.some(({ file }) => file === each.file);
      expect(names(few.filter(isExtra).map(({ file }) => file))).toEqual([]);
      if (few.length < all.length) omitting++;
    };
    fc.assert(
      fc.property(history, ({ episodes, ...options }) => {
        const world: TurnWorld = new TurnWorld(options, (replica) => compare(world, replica));
        live(world, episodes);
      }),
      { seed, numRuns: runs(5) },
    );
    expect(omitting).toBeGreaterThan(0);
  });

  it('keep what leads from the last file before those left out to them', () => {
    const old = transactions(
      1,
      Array.from({ length: 12 }, (_, i) => T0 + i),
    );
    const late = T0 + HOUR;
    const young = transactions(13, [late, late + 1, late + 2]);
    const own = [file(9, 1, 8, T0 + 7, { preApplyChecksum: 0n }), file(1, 9, 15, late + 2)];
    const plan = (local: readonly StoredFile[], omitted: OmittedLevel0 | null) =>
      planDatabase(
        {
          catalogue: catalogue(local, { bucket: own }),
          held: new Set(),
          replicas: [{ name: 'bucket', required: true, backoffUntil: null }],
          pins: new Set(),
          level0Cutoff: Number.NEGATIVE_INFINITY,
          omitted,
        },
        { config: CONFIG, now: late + MINUTE, clockTrusted: true, rules: RULES },
      ).deletes;
    const all = plan([...old, ...young], null);
    expect(names(all.map((each) => each.file))).toEqual(names(old.slice(0, 8)));
    const part = plan([...old, young[2]!], { after: 12n, before: 15n });
    expect(names(part.map((each) => each.file))).toEqual(names(old.slice(0, 8)));
  });
});
