import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type Log, type OpenLogOptions, openLog } from '../../../src/log/index.ts';
import { projections, toyActor, toyDraft, toyStream } from './toy-log.mjs';

/** A folder of the test's own, gone when it ends. */
export function tempFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'lfsb-log-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const logPath = (): string => join(tempFolder(), 'lfsb.db');

/** A log with the toy projection, closed when the test ends. Commits need not outlive a power cut here. */
export function openToyLog(options: Partial<OpenLogOptions> = {}): Log {
  const log = openLog({
    path: options.path ?? logPath(),
    synchronous: 'NORMAL',
    projections,
    now: 1,
    ...options,
  });
  onTestFinished(() => log.close());
  return log;
}

/** Appends one event to each of these databases' streams, in order, in one transaction. */
export function appendToys(log: Log, ...dbs: string[]): void {
  log.transaction(() => {
    for (const db of dbs) {
      const stream = toyStream(db);
      log.store.append(stream, log.store.version(stream), [toyDraft(db)], {
        time: 1_700_000_000_000,
        actor: toyActor,
      });
    }
  });
}

export const toyRows = (log: Log): unknown[] => log.sql.all('SELECT * FROM toy ORDER BY db');
