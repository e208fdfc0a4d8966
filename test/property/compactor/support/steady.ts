import { parseCompaction } from '../../../../src/compactor/plan/config.ts';
import type { Rules } from '../../../../src/compactor/plan/rules.ts';
import { settle } from './histories.ts';
import { Broken, START, World } from './world.ts';

const SECOND = 1_000;
const HOURS = 3;

/**
 * A database that is written to every second, at the default levels, and then never again: one build a window of
 * each level, one file too many at most for the beginning and the end of each, and nothing once all is built.
 */
export function steadyState(rules?: Rules): void {
  const config = parseCompaction();
  const world = new World({ seed: 1, replicas: ['one'], config, ...(rules === undefined ? {} : { rules }) });
  const length = HOURS * 3_600 * SECOND;
  // Planned twice a window at other times than the borders; single transactions a second would say no more.
  for (let elapsed = 0; elapsed < length; elapsed += 5 * SECOND) {
    world.time = START + elapsed;
    world.receive(world.database.write(world.clock, world.time - 700));
    world.step(false);
  }
  world.check();
  const most = config.levels.reduce((sum, { intervalMs }) => sum + length / intervalMs + 2, 0);
  const least = (length / SECOND / 10) * 0.95;
  if (world.puts > most) throw new Broken(`${world.puts} builds in ${HOURS} hours, at most ${most} are due`);
  if (world.puts < least)
    throw new Broken(`${world.puts} builds in ${HOURS} hours, at least ${least} are due`);
  rest(world);
}

/** After the last windows have closed an idle database costs nothing, and in the end only its snapshot is left. */
function rest(world: World): void {
  world.time += 49 * 3_600 * SECOND;
  settle(world);
  const built = world.puts;
  for (let day = 0; day < 40; day++) {
    world.time += 24 * 3_600 * SECOND;
    settle(world);
  }
  if (world.puts !== built) throw new Broken(`${world.puts - built} builds of an idle database`);
  const left = world.stored.get('one')!;
  if (left.length !== 1 || world.local.length > 0) {
    throw new Broken(
      `${left.length} files and ${world.local.length} transactions are left of an idle database`,
    );
  }
}
