import type { LevelConfig, StoredFile } from '../../../../src/compactor/types.ts';
import { endKey } from './restorable.ts';
import { windowByDefinition } from './window-by-definition.ts';
import { Broken, type World } from './world.ts';

/**
 * Once all is quiet: the last transaction of every closed window, of which all came before their window of level 1 closed, is a point of that
 * level, unless its promise would be over. Outages delay points and lose none.
 */
export function checkComplete(world: World): void {
  const { intervalMs } = world.config.levels[0]!;
  const isInTime = ({ effectiveTime, receivedAt }: StoredFile) =>
    windowByDefinition(effectiveTime, intervalMs) === windowByDefinition(receivedAt, intervalMs);
  for (const level of world.config.levels) checkLevel(world, level, isInTime);
}

function checkLevel(
  world: World,
  { level, intervalMs, retentionMs }: LevelConfig,
  isInTime: (file: StoredFile) => boolean,
): void {
  const files = world.stored.get('one')!.filter((file) => file.level === level);
  const ends = new Set(files.map(endKey));
  const windowOf = (file: StoredFile) => windowByDefinition(file.effectiveTime, intervalMs);
  const { transactions } = world.database;
  let inTime = true;
  for (const [i, file] of transactions.entries()) {
    const window = windowOf(file);
    const first = i === 0 || windowOf(transactions[i - 1]!) !== window;
    inTime = (first || inTime) && isInTime(file);
    const next = transactions[i + 1];
    if (next !== undefined && windowOf(next) === window) continue;
    const closed = windowByDefinition(world.time, intervalMs) > window;
    const promised = file.receivedAt + retentionMs >= world.time;
    if (inTime && closed && promised && !ends.has(endKey(file))) {
      throw new Broken(`level ${level} has no file that ends at ${endKey(file)}`);
    }
  }
}
