import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { openReadOnly } from './connection.ts';
import { flush } from './flush.ts';

/**
 * Copies the database as last committed to `{path}.before-{number}`. The caller holds the write lock on another
 * connection, so nothing can change between the copy and what follows.
 */
export function backUp(path: string, number: number): void {
  const target = `${path}.before-${String(number).padStart(4, '0')}`;
  const partial = `${target}.partial`;
  rmSync(partial, { force: true });
  const reader = openReadOnly(path);
  try {
    reader.run('VACUUM INTO ?', partial);
  } finally {
    reader.db.close();
  }
  flush(partial);
  renameSync(partial, target);
  flush(dirname(target));
}
