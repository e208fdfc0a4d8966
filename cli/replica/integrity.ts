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

/** What checks a restored file. */
export interface IntegrityChecker {
  /** @throws CliError `EVERIFY` */
  check(path: string): Promise<void>;
  /** Ends it, whether it was asked or not. */
  close(): Promise<void>;
}

/** A checker that is ready soon: its thread starts while there is nothing to check yet. */
export function startChecker(check: IntegrityCheck): IntegrityChecker {
  if (check === 'none') return { check: async () => {}, close: async () => {} };
  const thread = new CheckThread();
  const pragma = check === 'full' ? 'integrity_check' : 'quick_check';
  return { check: (path) => checkIntegrity(path, pragma, thread), close: () => thread.close() };
}

/**
 * Has SQLite check a file that nobody else knows of yet, in a thread of its own. It is in rollback mode meanwhile:
 * in WAL mode SQLite would make files beside it. When the process is interrupted the file is emptied.
 */
async function checkIntegrity(
  path: string,
  pragma: IntegrityQuestion['pragma'],
  thread: CheckThread,
): Promise<void> {
  const file = await open(path, 'r+');
  try {
    const versions = Buffer.alloc(2);
    await file.read(versions, 0, 2, VERSIONS_AT);
    await file.write(Buffer.from([1, 1]), 0, 2, VERSIONS_AT);
    const messages = await thread.ask({ path, pragma, messagesMax: MESSAGES_MAX }, file.fd);
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

/** The thread that asks SQLite. */
class CheckThread {
  // As it is compiled: commands never run from their sources.
  readonly #worker = new Worker(new URL('./integrity-worker.js', import.meta.url));
  readonly #ended = new Promise((resolve) => this.#worker.once('exit', resolve));
  readonly #answer = new Promise<string[]>((resolve, reject) => {
    this.#worker.once('message', resolve);
    this.#worker.once('error', reject);
    this.#worker.once('exit', (code) =>
      reject(new LfsbError('EINTERNAL', `the check ended with code ${code}`)),
    );
  });

  constructor() {
    // Whoever asks hears of a failure; nobody may.
    this.#answer.catch(() => {});
  }

  /** Asks about the file that `fd` leads to. Unanswered, and the file emptied, when the process is interrupted. */
  async ask(question: IntegrityQuestion, fd: number): Promise<string[]> {
    this.#worker.postMessage(question);
    let isInterrupted = false;
    // A process waits for its threads, and SQLite does not stop for that; where the pages are gone it soon does. It
    // has to be waited for: better-sqlite3 aborts where it finds an error in a thread that may run no more JavaScript.
    const settled = whenInterrupted(() => {
      isInterrupted = true;
      ftruncateSync(fd);
      return this.#ended;
    });
    const unanswered = new Promise<never>(() => {});
    try {
      return await this.#answer.finally(() => (isInterrupted ? unanswered : undefined));
    } finally {
      settled();
    }
  }

  async close(): Promise<void> {
    await this.#worker.terminate();
  }
}
