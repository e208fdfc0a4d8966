import type { ClockReading } from '../../commands/clock.ts';
import { DATES_AGREEING, type StoreDate } from '../../commands/clock-dates.ts';
import type { EngineWriter } from '../../engine/writer/client.ts';
import type { ClockState } from '../../engine/writer/clock-guard.ts';
import type { Logger } from '../../logging.ts';
import type { ConfiguredReplica } from './context.ts';
import type { ReplicaMeters } from './meters.ts';
import type { StorageJobs } from './tasks.ts';
import type { Timer } from './timer.ts';

/** The clocks are looked at at least so often, ms: an idle server keeps what it believes, too. */
export const CLOCK_CHECK_MS = 10_000;

/** Replicas are asked for the time so often while it is in doubt, ms. */
export const CLOCK_ASK_MS = 60_000;

/** The machine slept where its clock went this much further than that of the process, ms. */
const ASLEEP_MS = 60_000;

export interface ClockWatchDependencies {
  readonly jobs: StorageJobs;
  readonly meters: ReplicaMeters;
  readonly replicas: readonly ConfiguredReplica[];
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly timer: Timer;
  readonly log: Logger;
  /** False where the clock is not that of the world: what replicas say of the time has nothing to do with it then. */
  readonly believesDates: boolean;
}

/** Looks at the clocks, tells the log's writer what replicas say of the time, and asks them while it is in doubt. */
export class ClockWatch {
  readonly #deps: ClockWatchDependencies;
  readonly #cancel: () => void;
  /** By replica, the oldest first. */
  #dates: readonly StoreDate[] = [];
  readonly #counts = new Map<string, number>();
  #collectedAt: { readonly own: number; readonly monotonic: number } | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #state: ClockState = { trusted: true, doubtedMs: 0, needsDate: false };
  #checking: Promise<void> | null = null;
  #stopped = false;

  constructor(dependencies: ClockWatchDependencies) {
    this.#deps = dependencies;
    this.#cancel = dependencies.timer.every(CLOCK_CHECK_MS, () => this.#look());
    this.#look();
  }

  /** Looks no more. */
  stop(): void {
    this.#stopped = true;
    this.#cancel();
  }

  /** Resolves when the look under way has ended. */
  async settled(): Promise<void> {
    await this.#checking;
  }

  #look(): void {
    if (this.#stopped) return;
    this.#checking ??= this.#check()
      .catch((err: unknown) => {
        if (!this.#stopped) this.#deps.log.warn({ err }, 'the clocks could not be looked at');
      })
      .finally(() => {
        this.#checking = null;
      });
  }

  async #check(): Promise<void> {
    await this.#tell();
    const { monotonic } = this.#deps.clock();
    if (!this.#state.needsDate || monotonic - this.#askedAt < CLOCK_ASK_MS) return;
    this.#askedAt = monotonic;
    for (let answers = 0; answers < DATES_AGREEING; answers++) {
      await this.#ask();
      this.#collect();
    }
    if (!this.#stopped) await this.#tell();
  }

  async #tell(): Promise<void> {
    const { writer, clock } = this.#deps;
    this.#collect();
    const state = await writer.execute({ type: 'clock.check', clock: clock(), dates: this.#dates });
    this.#say(this.#state, state);
    this.#state = state;
  }

  /** Only buckets tell the time. One that does not answer is a failing replica, which its lane tells of. */
  async #ask(): Promise<void> {
    const { jobs, replicas, log, believesDates } = this.#deps;
    const buckets = replicas.filter(({ url }) => believesDates && url.startsWith('s3:'));
    const outcomes = await Promise.allSettled(buckets.map(({ name }) => jobs.ask(name)));
    const failed = outcomes.filter(({ status }) => status === 'rejected').length;
    if (failed > 0) log.debug({ failed }, 'a replica did not tell the time');
  }

  /** Takes the dates that came since the last look; not those from before the machine slept: their age is not known. */
  #collect(): void {
    const { meters, replicas, clock, believesDates } = this.#deps;
    const now = { own: performance.now(), monotonic: clock().monotonic };
    const last = this.#collectedAt ?? now;
    this.#collectedAt = now;
    const isAwake = now.monotonic - last.monotonic - (now.own - last.own) < ASLEEP_MS;
    for (const { name } of replicas) {
      for (const [thread, { date }] of meters.of(name).entries()) {
        const counter = `${thread} ${name}`;
        if (date === null || date.count === this.#counts.get(counter)) continue;
        this.#counts.set(counter, date.count);
        if (!isAwake || !believesDates) continue;
        this.#add({ replica: name, dateMs: date.dateMs, monotonic: now.monotonic - date.ageMs });
      }
    }
  }

  #add(date: StoreDate): void {
    const same = this.#dates.filter(({ replica }) => replica === date.replica);
    const others = this.#dates.filter(({ replica }) => replica !== date.replica);
    this.#dates = [...others, ...same.slice(1 - DATES_AGREEING), date];
  }

  #say(before: ClockState, now: ClockState): void {
    const { log } = this.#deps;
    const { doubtedMs } = now;
    if (before.trusted && !now.trusted) {
      log.warn(
        'the clock is suspect: nothing expires until it is right again, or "lfsb clock clear" says that it is',
      );
    } else if (!before.trusted && now.trusted) log.info('the clock is trusted again');
    if (before.doubtedMs === 0 && doubtedMs > 0) {
      log.warn(
        { doubtedMs },
        'nothing but the clock says how long the server was off: what expires waits as long',
      );
    } else if (before.doubtedMs > 0 && doubtedMs === 0) log.info('the clock is in doubt no more');
  }
}
