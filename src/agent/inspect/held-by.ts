import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Whether an agent holds the lock of a meta directory; null where the system does not tell. The lock itself is not
 * touched: an agent that starts just now would be refused.
 */
export async function isHeld(metaPath: string): Promise<boolean | null> {
  try {
    const { ino } = await stat(join(metaPath, 'lock'));
    const locks = await readFile('/proc/locks', 'utf8');
    return locks.split('\n').some((line) => line.includes(' WRITE ') && line.includes(`:${ino} `));
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' && path !== '/proc/locks') return false;
    return null;
  }
}
