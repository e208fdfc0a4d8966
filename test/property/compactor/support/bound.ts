import type { StoredFile } from '../../../../src/compactor/types.ts';
import { Broken, type World } from './world.ts';

/** Fails when the first replica keeps more than the retention needs, after steps that were carried out whole. */
export function checkBound(world: World): void {
  const past = world.stored.get('one')!.filter((file) => {
    const { retentionMs } = world.config.levels.find(({ level }) => level === file.level)!;
    return Math.max(file.effectiveTime, file.receivedAt) + retentionMs < world.time;
  });
  const most = pastMax(world);
  if (past.length > most)
    throw new Broken(`${past.length} files are past their promise, at most ${most} are needed`);
}

/**
 * Files past their own promise that the oldest points of each level are restored from: at most those of one
 * window of the next level, and a base. Each new beginning and each retention that a clock stretched adds its own.
 */
function pastMax({ config: { levels }, database }: World): number {
  let chain = 1;
  for (const [i, { intervalMs }] of levels.entries()) {
    const next = levels[i + 1];
    if (next !== undefined) chain += 2 * (next.intervalMs / intervalMs + 1);
  }
  return chain * (1 + database.transactions.filter((file) => isBeginning(file) || isOdd(file)).length);
}

const isBeginning = (file: StoredFile): boolean => file.minTxid === 1n || file.preApplyChecksum === 1n << 63n;
const isOdd = (file: StoredFile): boolean => file.receivedAt - file.effectiveTime > 3_600_000;
