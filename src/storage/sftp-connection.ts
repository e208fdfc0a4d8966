import { StorageError } from './errors.ts';
import { sleepUnlessAborted } from './retrying.ts';
import { type Connected, connectSftp } from './sftp-connect.ts';
import type { AcceptedKeys } from './sftp-host-key.ts';
import type { SftpSession } from './sftp-session.ts';
import type { SftpLocation, SftpSettings, SftpState } from './sftp-settings.ts';

/** After a failure the next attempt begins between half of this and this, doubled each time, ms... */
const BACKOFF_MIN_MS = 250;
/** ... but no later than this: calls wait for it, and are given up after 30 s. */
const BACKOFF_MAX_MS = 10_000;

/** A connection that held so long was a good one: what comes after it starts anew, ms. */
const STEADY_MS = 10_000;

export interface SftpConnectionOptions {
  readonly location: SftpLocation;
  readonly settings: SftpSettings;
  /** Told once a change, however often is tried meanwhile. */
  readonly onState?: ((state: SftpState) => void) | undefined;
}

/**
 * The one connection of a replica: made when it is first needed, made anew when it was lost.
 *
 *     down ── a call ──▶ connecting ──▶ up
 *      ▲                  │  failed      │ lost
 *      └──── backoff ◀────┴──────────────┘
 */
export class SftpConnection {
  readonly #options: SftpConnectionOptions;
  readonly #closing = new AbortController();
  readonly name: string;
  #session: SftpSession | null = null;
  #connecting: Promise<SftpSession> | null = null;
  readonly #accepted: AcceptedKeys = { lines: '' };
  #failures = 0;
  #upSinceMs = 0;
  #notBeforeMs = 0;
  #said: boolean | null = null;

  constructor(options: SftpConnectionOptions) {
    this.#options = options;
    const { host, user, port, path } = options.location;
    const at = host.includes(':') ? `[${host}]` : host;
    const folder = path.startsWith('/') ? path : `/~/${path}`;
    this.name = `sftp://${user === undefined ? '' : `${user}@`}${at}${port === undefined ? '' : `:${port}`}${folder}`;
  }

  /** The session that is there, or a new one. Calls at once share an attempt. */
  async session(): Promise<SftpSession> {
    if (this.#closing.signal.aborted) throw closed(this.name);
    if (this.#session?.alive) return this.#session;
    this.#connecting ??= this.#connect().finally(() => {
      this.#connecting = null;
    });
    return this.#connecting;
  }

  /** The session, if there is one; it is not worth making one. */
  get established(): SftpSession | null {
    return this.#session?.alive ? this.#session : null;
  }

  async close(): Promise<void> {
    this.#closing.abort(closed(this.name));
    this.#session?.end(closed(this.name));
    await this.#connecting?.catch(() => undefined);
  }

  async #connect(): Promise<SftpSession> {
    const { signal } = this.#closing;
    await sleepUnlessAborted(Math.max(0, this.#notBeforeMs - performance.now()), signal);
    const { session, notes } = await this.#attempt();
    if (signal.aborted) session.end(closed(this.name));
    signal.throwIfAborted();
    this.#session = session;
    this.#upSinceMs = performance.now();
    this.#say(true, [`connected to ${this.name}`, ...notes].join('; '));
    session.whenLost((why) => {
      if (performance.now() - this.#upSinceMs > STEADY_MS) this.#failures = 0;
      this.#lose(why);
    });
    return session;
  }

  async #attempt(): Promise<Connected> {
    try {
      const { location, settings } = this.#options;
      return await connectSftp(location, settings, this.#accepted, this.#closing.signal);
    } catch (error) {
      this.#lose(error);
      throw error;
    }
  }

  #lose(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    const ceilingMs = Math.min(BACKOFF_MAX_MS, BACKOFF_MIN_MS * 2 ** this.#failures);
    this.#failures++;
    this.#notBeforeMs = performance.now() + (ceilingMs * (1 + Math.random())) / 2;
    this.#say(false, error instanceof Error ? error.message : String(error));
  }

  #say(up: boolean, message: string): void {
    if (this.#said === up) return;
    this.#said = up;
    this.#options.onState?.({ up, message });
  }
}

const closed = (name: string): StorageError => new StorageError('EUNAVAILABLE', `${name} was closed`);
