import { LfsbError } from '../errors/index.ts';
import type { SyncReport } from '../sources/report.ts';
import { beginHistory } from './begin-history.ts';
import type { AgentDatabase } from './plan.ts';
import { type AgentRuntime, ReplicatedDatabase } from './replicated-database.ts';
import type { DatabaseReport, Trouble } from './report.ts';
import { lookInterval, retryPause } from './schedule.ts';
import { tellSync } from './tell-sync.ts';
import { TroubleFile, troubleOfState } from './trouble-file.ts';
import { Validator } from './validator.ts';

/**
 * One database, looked at again and again. What fails is told once when it begins and once when it ends, and tried
 * again with growing pauses; other databases do not notice.
 */
export class DatabaseLoop {
  readonly plan: AgentDatabase;
  readonly #runtime: AgentRuntime;
  readonly #lookMs: number;
  readonly #troubleFile: TroubleFile;
  readonly #validator: Validator;
  readonly #currentAt = new Map<string, number>();
  #open: ReplicatedDatabase | null = null;
  #isBegun = false;
  #last: SyncReport | null = null;
  #trouble: Trouble | null = null;
  #failures = 0;
  #dueAt = Number.NEGATIVE_INFINITY;
  #syncedAt: number | null = null;
  #transactions = 0;
  #pages = 0;

  constructor(plan: AgentDatabase, runtime: AgentRuntime) {
    this.plan = plan;
    this.#runtime = runtime;
    this.#lookMs = lookInterval(plan.monitorIntervalMs, plan.replicas);
    this.#validator = new Validator(plan, runtime);
    this.#troubleFile = new TroubleFile(plan.metaDirectory);
  }

  /** Does what is due; never throws. */
  async step(): Promise<void> {
    const { monotonic } = this.#runtime.clock();
    this.#open?.storage.tick();
    if (monotonic < this.#dueAt && !this.isAwaited()) return;
    await this.#attempt(() => this.#sync());
    this.#tellOthers();
    if (this.#trouble === null && this.#open !== null) this.#validator.tick(this.#open);
  }

  /**
   * Syncs once more and stores all that there is.
   * @returns names of the replicas that do not have everything; all of them when the database could not be read
   */
  async flush(): Promise<string[]> {
    await this.#attempt(() => this.#sync());
    const names = this.plan.replicas.map(({ name }) => name);
    if (this.#open === null) return names;
    const behind = await this.#open.storage.flush();
    return this.#trouble === null ? behind : names;
  }

  /** Whether `isAwaited` may come true before a step is due: there is something left that others can copy. */
  get isWatched(): boolean {
    return this.#trouble === null && this.#last !== null && this.#last.walBackfilled < this.#last.walFrames;
  }

  /** Whether a step is due now, because a checkpoint of the application may wait for us. */
  isAwaited(): boolean {
    return this.isWatched && (this.#open?.isAwaited() ?? false);
  }

  /** When `step` next has something to do, ms of the monotonic clock. */
  get dueAt(): number {
    return this.#dueAt;
  }

  async close(reason: string): Promise<void> {
    await this.#validator.stop();
    await this.#open?.close(reason);
    this.#open = null;
  }

  async report(): Promise<DatabaseReport> {
    const now = this.#runtime.clock().wall;
    const stored = (await this.#open?.reports.read()) ?? null;
    for (const { name, lagMs, trouble } of stored?.replicas ?? []) {
      if (lagMs === 0 && trouble === null) this.#currentAt.set(name, now);
    }
    return {
      path: this.plan.path,
      state: this.#state(),
      trouble: this.#trouble,
      txid: stored?.txid ?? null,
      sizeBytes: stored?.sizeBytes ?? 0,
      space: this.#open?.storage.room.here ?? null,
      syncedAt: this.#syncedAt,
      transactions: this.#transactions,
      pages: this.#pages,
      walFrames: this.#last?.walFrames ?? 0,
      replicas: (stored?.replicas ?? []).map((replica) => ({
        ...replica,
        space: this.#open?.storage.room.of(replica.name) ?? null,
        currentAt: this.#currentAt.get(replica.name) ?? null,
        validation: this.#validator.of(replica.name),
      })),
    };
  }

  #state(): DatabaseReport['state'] {
    if (this.#trouble !== null) return this.#open === null ? 'opening' : 'failing';
    return this.#last?.state ?? 'opening';
  }

  async #sync(): Promise<void> {
    this.#open ??= await ReplicatedDatabase.open(this.plan, this.#runtime);
    if (!this.#isBegun) await beginHistory(this.#open, this.#runtime);
    this.#isBegun = true;
    const report = await this.#open.sync();
    const { log, clock } = this.#runtime;
    const { path } = this.plan;
    tellSync(log, path, this.#last, report);
    this.#last = report;
    this.#transactions += report.transactions;
    this.#pages += report.pages;
    if (report.state === 'current') this.#syncedAt = clock().wall;
    this.#open.storage.tick();
  }

  async #attempt(work: () => Promise<void>): Promise<void> {
    const { log, clock } = this.#runtime;
    const { path } = this.plan;
    try {
      await work();
      if (this.#trouble !== null) log.info({ path }, 'database is well again');
      this.#trouble = null;
      this.#failures = 0;
      this.#dueAt = clock().monotonic + this.#lookMs;
    } catch (error) {
      this.#failures += 1;
      this.#dueAt = clock().monotonic + retryPause(this.#failures);
      this.#failed(error);
    }
  }

  /** The folder is another agent's for as long as it is not open. */
  #tellOthers(): void {
    const { log, clock } = this.#runtime;
    try {
      if (this.#open !== null)
        this.#troubleFile.tell(this.#trouble ?? troubleOfState(this.#last?.state, clock().wall));
    } catch (error) {
      log.warn({ path: this.plan.path, err: error }, 'lfsb databases cannot be told how it fares');
    }
  }

  #failed(error: unknown): void {
    const { log, clock } = this.#runtime;
    const { path } = this.plan;
    const known = error instanceof LfsbError;
    const code = known ? error.code : 'EINTERNAL';
    const message = error instanceof Error ? error.message : String(error);
    if (this.#trouble?.code !== code) {
      if (known) log.error({ path, code, reason: message }, 'database fails');
      else log.error({ path, err: error }, 'database fails');
    }
    this.#trouble = { code, message, since: this.#trouble?.since ?? clock().wall };
  }
}
