import { setTimeout as sleep } from 'node:timers/promises';

/** Asks again and again, a moment apart, until the answer is yes. */
export async function until(isSo: () => boolean, msMax = 20_000): Promise<void> {
  for (const begun = performance.now(); !isSo(); ) {
    if (performance.now() - begun > msMax) throw new Error(`not so after ${msMax} ms`);
    await sleep(20);
  }
}
