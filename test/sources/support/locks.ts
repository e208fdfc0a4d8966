import { readFileSync, statSync } from 'node:fs';
import type { LiveDatabase } from './live-database.ts';

/** Whether somebody checkpoints, or waits to: byte 121 of the index is the lock for it (SQLite WAL-index format). */
export const isCheckpointing = (live: LiveDatabase): boolean =>
  new RegExp(`WRITE.*:${statSync(`${live.path}-shm`).ino} 12[01] 121\\n`).test(
    readFileSync('/proc/locks', 'utf8'),
  );
