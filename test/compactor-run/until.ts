import { setTimeout as sleep } from 'node:timers/promises';

/** How long what is waited for may take, ms: what a machine with other work on it needs, many times over. */
const WAIT_MS_MAX = 60_000;

/** Asks again and again, a moment apart, until the answer is yes. */
export async function until(isSo: () => boolean, msMax = WAIT_MS_MAX): Promise<void> {
  for (const begun = performance.now(); !isSo(); ) {
    if (performance.now() - begun > msMax) throw new Error(`not so after ${msMax} ms`);
    await sleep(20);
  }
}
