import { ftruncateSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { Worker } from 'node:worker_threads';
import { LfsbError } from '../../src/errors/index.ts';
import { CliError } from '../cli-error.ts';
import { whenInterrupted } from '../interrupt.ts';
import type { IntegrityCheck } from './checks.ts';

/** Messages of SQLite's that are told. */
const MESSAGES_MAX = 5;

/** Where a SQLite header has its write and its read version: 2 for WAL mode. */
const VERSIONS_AT = 18;

/** What the thread is asked that checks. */
export interface IntegrityQuestion {
  readonly path: string;
  readonly pragma: 'quick_check' | 'integrity_check';
  readonly messagesMax: number;
}

/**
 * Has SQLite check a file that nobody else knows of yet, in a thread of its own. It is in rollback mode meanwhile:
 * in WAL mode SQLite would make files beside it. When the process is interrupted the file is emptied.
 * @throws CliError `EVERIFY`
 */
export async function checkIntegrity(path: string, check: IntegrityCheck): Promise<void> {
  if (check === 'none') return;
  const file = await open(path, 'r+');
  try {
    const versions = Buffer.alloc(2);
    await file.read(versions, 0, 2, VERSIONS_AT);
    await file.write(Buffer.from([1, 1]), 0, 2, VERSIONS_AT);
    const pragma = check === 'full' ? 'integrity_check' : 'quick_check';
    const messages = await ask({ path, pragma, messagesMax: MESSAGES_MAX }, file.fd);
    await file.write(versions, 0, 2, VERSIONS_AT);
    await file.sync();
    if (messages.length === 1 && messages[0] === 'ok') return;
    throw new CliError(
      'EVERIFY',
      `the restored database is damaged, as it was when it was replicated: ${messages.join('; ')}`,
      'try an earlier point; --integrity-check none takes it as it is',
    );
  } finally {
    await file.close();
  }
}

/** Asks a thread about the file that `fd` leads to. Unanswered, and the file emptied, when the process is interrupted. */
async function ask(question: IntegrityQuestion, fd: number): Promise<string[]> {
  // As it is compiled: commands never run from their sources.
  const worker = new Worker(new URL('./integrity-worker.js', import.meta.url), { workerData: question });
  const ended = new Promise((resolve) => worker.once('exit', resolve));
  let isInterrupted = false;
  // A process waits for its threads, and SQLite does not stop for that; where the pages are gone it soon does. It has
  // to be waited for: better-sqlite3 aborts where it finds an error in a thread that may run no more JavaScript.
  const settled = whenInterrupted(() => {
    isInterrupted = true;
    ftruncateSync(fd);
    return ended;
  });
  try {
    return await new Promise((resolve, reject) => {
      const unlessInterrupted = (settle: () => void) => !isInterrupted && settle();
      worker.on('message', (messages) => unlessInterrupted(() => resolve(messages)));
      worker.on('error', (error) => unlessInterrupted(() => reject(error)));
      worker.on('exit', (code) =>
        unlessInterrupted(() => reject(new LfsbError('EINTERNAL', `the check ended with code ${code}`))),
      );
    });
  } finally {
    settled();
  }
}
