import type { Client, SFTPWrapper } from 'ssh2';
import { StorageError } from './errors.ts';
import { statusError } from './sftp-errors.ts';

/** Requests under way at once on one connection; with 32 KiB each, 2 MiB. */
export const REQUESTS_MAX = 64;

/** A request without an answer for so long ends the connection, ms. An fsync may take most of it. */
export const REQUEST_MS_MAX = 150_000;

const WATCH_MS = 5_000;

export type Done<T> = (error: Error | null | undefined, value?: T) => void;

interface Pending {
  readonly begunMs: number;
  readonly fail: (error: StorageError) => void;
}

/** One connection's SFTP channel: requests as promises, a bounded number under way, none without an end. */
export class SftpSession {
  readonly #client: Client;
  readonly #sftp: SFTPWrapper;
  readonly #name: string;
  readonly #pending = new Set<Pending>();
  readonly #waiting: (() => void)[] = [];
  readonly #watch: NodeJS.Timeout;
  #whenLost: ((why: StorageError) => void) | null = null;
  #held = 0;
  #lost: StorageError | null = null;

  /** @param name of the server, for messages */
  constructor(client: Client, sftp: SFTPWrapper, name: string) {
    this.#client = client;
    this.#sftp = sftp;
    this.#name = name;
    this.#watch = setInterval(() => this.#watchOldest(), WATCH_MS).unref();
  }

  get alive(): boolean {
    return this.#lost === null;
  }

  /** Has `callback` told when the connection is gone, or at once if it is. */
  whenLost(callback: (why: StorageError) => void): void {
    if (this.#lost === null) this.#whenLost = callback;
    else callback(this.#lost);
  }

  /**
   * Sends one request and waits for its answer.
   * @param syscall what it is called in an error
   * @throws SftpStatusError what the server answered; StorageError EUNAVAILABLE when the connection is gone
   */
  async request<T>(syscall: string, send: (sftp: SFTPWrapper, done: Done<T>) => void): Promise<T> {
    if (this.#held < REQUESTS_MAX) this.#held++;
    else await new Promise<void>((admit) => this.#waiting.push(admit));
    let mine: Pending | undefined;
    try {
      if (this.#lost !== null) throw this.#lost;
      return await new Promise<T>((resolve, reject) => {
        mine = { begunMs: performance.now(), fail: reject };
        this.#pending.add(mine);
        send(this.#sftp, (error, value) => {
          if (error) reject(error);
          else resolve(value as T);
        });
      });
    } catch (error) {
      throw this.#translate(syscall, error);
    } finally {
      if (mine !== undefined) this.#pending.delete(mine);
      const next = this.#waiting.shift();
      if (next === undefined) this.#held--;
      else next();
    }
  }

  /** The connection is gone: so is every request. */
  end(why: StorageError): void {
    if (this.#lost !== null) return;
    this.#lost = why;
    clearInterval(this.#watch);
    for (const { fail } of this.#pending) fail(why);
    this.#client.destroy();
    this.#whenLost?.(why);
  }

  #translate(syscall: string, error: unknown): unknown {
    if (error instanceof StorageError) return error;
    // Neither an answer nor ours: ssh2 found its channel closed, and says so in its own words.
    return statusError(syscall, error) ?? this.#lost ?? this.#closed(syscall, error);
  }

  #closed(syscall: string, error: unknown): StorageError {
    const message = `${this.#name}: ${syscall}: ${error instanceof Error ? error.message : String(error)}`;
    return new StorageError('EUNAVAILABLE', message, { cause: error });
  }

  #watchOldest(): void {
    const [oldest] = this.#pending;
    if (oldest === undefined || performance.now() - oldest.begunMs < REQUEST_MS_MAX) return;
    const seconds = REQUEST_MS_MAX / 1000;
    this.end(new StorageError('EUNAVAILABLE', `${this.#name} has not answered a request for ${seconds} s`));
  }
}
