import { readdirSync, readlinkSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** What this process's file descriptors point at, counted; those of the runner itself come and go elsewhere. */
export function openFiles(under: string): string[] {
  const targets: string[] = [];
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      if (target.startsWith(under)) targets.push(target);
    } catch {
      // The descriptor of the listing itself is gone by now.
    }
  }
  return targets.sort();
}

/** The same, when nothing more was opened or closed for a while: threads open what they need when they are up. */
export async function settledFiles(under: string, quietMs = 1_500): Promise<string[]> {
  let files = openFiles(under);
  for (let since = performance.now(); performance.now() - since < quietMs; ) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    const now = openFiles(under);
    if (now.join() === files.join()) continue;
    files = now;
    since = performance.now();
  }
  return files;
}

/** How many sockets this process has open. */
export function openSockets(): number {
  return openTargets().filter((target) => target.startsWith('socket:')).length;
}

function openTargets(): string[] {
  return openFiles('');
}

/** Has all that nobody holds collected. */
export function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

/** Bytes in use on the heap after a collection. */
export function heapInUse(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

/** Waits until a condition holds, looked at again and again; fails after `withinMs`, saying what was awaited. */
export async function eventually(
  what: string,
  condition: () => boolean | Promise<boolean>,
  withinMs = 60_000,
): Promise<void> {
  const end = performance.now() + withinMs;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`not within ${withinMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
