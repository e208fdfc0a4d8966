import type { Rules } from '../../../../src/compactor/plan/rules.ts';
import { settle } from './histories.ts';
import { endKey } from './restorable.ts';
import { windowByDefinition } from './window-by-definition.ts';
import { Broken, SMALL_CONFIG, World } from './world.ts';

const MINUTE = 60_000;

/**
 * Two replicas with compactors that run at times of their own, both of which saw all transactions in time, have
 * files with the same borders; and each file ends at the last transaction of its window.
 */
export function agree(seed: number, rules?: Rules): void {
  const world = new World({ seed, replicas: ['one', 'two'], ...(rules === undefined ? {} : { rules }) });
  const { random, database } = world;
  for (let i = 0; i < 300; i++) {
    world.time += random.int(100, random.chance(0.1) ? 4 * MINUTE : 12_000);
    world.receive(database.write(world.clock, world.time));
    for (const name of ['one', 'two']) {
      if (random.chance(0.5)) world.down.add(name);
      else world.down.delete(name);
    }
    world.step(false);
    world.check();
  }
  world.down.clear();
  settle(world);
  const [one, two] = ['one', 'two'].map((name) => borders(world, name, [3, 9]));
  if (one !== two) throw new Broken(`the replicas' borders differ:\n${one}\n${two}`);
  checkBorders(world, 'one');
  checkBorders(world, 'two');
}

/** Files of some levels as one text: of those kept for minutes a replica may have passed over some. */
function borders(world: World, name: string, levels: readonly number[]): string {
  const files = world.stored.get(name)!.filter(({ level }) => levels.includes(level));
  const names = files.map(({ level, minTxid, maxTxid }) => `${level}/${minTxid}-${maxTxid}`);
  return names.sort().join(' ');
}

/** No two transactions of one window, by the definition of `design.md`, are in two files of a level. */
function checkBorders(world: World, name: string): void {
  const { transactions } = world.database;
  for (const file of world.stored.get(name)!) {
    const { intervalMs } = SMALL_CONFIG.levels.find(({ level }) => level === file.level)!;
    const at = transactions.findIndex((each) => endKey(each) === endKey(file));
    const next = transactions[at + 1];
    if (next === undefined) continue;
    const [mine, its] = [file, next].map(({ effectiveTime }) =>
      windowByDefinition(effectiveTime, intervalMs),
    );
    if (mine === its)
      throw new Broken(`${file.level}/${file.minTxid}-${file.maxTxid} ends within its window`);
  }
}
