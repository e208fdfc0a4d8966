import { failingSince } from '../../projections/replicas.ts';
import { Backoff } from './backoff.ts';
import type { RunContext } from './context.ts';
import type { JobError } from './job-error.ts';

/** How a replica fares: a change of state is an event and a line, and each failure makes for a pause. */
export class LaneHealth {
  readonly #replica: string;
  readonly #context: RunContext;
  readonly #backoff: Backoff;
  /** By the log, which outlives this process; null before it was asked. */
  #isFailing: boolean | null = null;

  constructor(replica: string, context: RunContext) {
    this.#replica = replica;
    this.#context = context;
    this.#backoff = new Backoff(context.random);
  }

  /** Whether the last attempt failed, or the process before this one left it failing. */
  get isFailing(): boolean {
    this.#isFailing ??= failingSince(this.#context.sql, this.#replica) !== null;
    return this.#isFailing || this.#backoff.isFailing;
  }

  /** Whether it is to be left alone; `now` is monotonic, ms. */
  isPaused(now: number): boolean {
    return this.#backoff.isPaused(now);
  }

  async well(): Promise<void> {
    if (!this.isFailing) return;
    this.#backoff.succeeded();
    if (await this.#report(null)) this.#context.log.info({ replica: this.#replica }, 'replica is back');
    this.#isFailing = null;
  }

  async failed({ code, message }: JobError): Promise<void> {
    const { log, clock } = this.#context;
    this.#backoff.failed(clock().monotonic);
    const failure = { code, message };
    if (await this.#report(failure)) log.warn({ replica: this.#replica, ...failure }, 'replica fails');
    this.#isFailing = null;
  }

  /** Whether that was a change of state. A log that takes nothing is somebody else's to tell. */
  async #report(failure: { code: string; message: string } | null): Promise<boolean> {
    const { writer, clock, log } = this.#context;
    const command = { type: 'storage.replica', replica: this.#replica, failure, clock: clock() } as const;
    try {
      return (await writer.execute(command)).changed;
    } catch (err) {
      log.debug({ err }, 'the state of a replica could not be recorded');
      return false;
    }
  }
}
