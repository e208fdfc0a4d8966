import { setTimeout as sleep } from 'node:timers/promises';
import { failingSince } from '../projections/replicas.ts';
import type { AgentDatabase } from './plan.ts';
import type { AgentRuntime, ReplicatedDatabase } from './replicated-database.ts';
import type { ReplicaReport } from './report.ts';
import { validate } from './validate.ts';
import { Validations } from './validations.ts';

/** A replica that could not be validated, as it did not answer, is asked again after so long, ms. */
const SILENT_PAUSE_MS = 60_000;

/** How long a stop waits for what is under way to be given up, ms. */
const STOP_MS_MAX = 5_000;

/** Has replicas validated when they are due, beside the syncs: a long validation, or a silent place, holds none up. */
export class Validator {
  readonly #plan: AgentDatabase;
  readonly #runtime: AgentRuntime;
  readonly #validations: Validations;
  /** Monotonic, ms. */
  readonly #silentUntil = new Map<string, number>();
  #running: Promise<void> | null = null;
  #stopped = false;

  constructor(plan: AgentDatabase, runtime: AgentRuntime) {
    this.#plan = plan;
    this.#runtime = runtime;
    this.#validations = new Validations(runtime.clock().wall);
  }

  of(replica: string): ReplicaReport['validation'] {
    return this.#validations.of(replica);
  }

  /** Begins what is due, one after the other. */
  tick(database: ReplicatedDatabase): void {
    if (this.#running !== null || this.#stopped) return;
    this.#running = this.#all(database)
      .catch((error: unknown) => {
        // Whoever stopped this closes what it needs.
        if (!this.#stopped)
          this.#runtime.log.error({ path: this.#plan.path, err: error }, 'validation came to no end');
      })
      .finally(() => {
        this.#running = null;
      });
  }

  /** Begins nothing more, and gives up what is under way. */
  async stop(): Promise<void> {
    this.#stopped = true;
    await Promise.race([this.#running, sleep(STOP_MS_MAX, undefined, { ref: false })]);
  }

  async #all(database: ReplicatedDatabase): Promise<void> {
    const { clock } = this.#runtime;
    for (const replica of this.#plan.replicas) {
      const { name } = replica;
      const { wall, monotonic } = clock();
      if (this.#stopped || monotonic < (this.#silentUntil.get(name) ?? monotonic)) continue;
      const reached = this.of(name)?.passed === false ? await reachedBy(database, name) : '';
      if (!this.#validations.isDue(replica, reached, wall)) continue;
      if (failingSince(database.sql, name) === null) await this.#one(database, name);
    }
  }

  async #one(database: ReplicatedDatabase, name: string): Promise<void> {
    const { clock, log } = this.#runtime;
    const { wall, monotonic } = clock();
    this.#silentUntil.set(name, monotonic + SILENT_PAUSE_MS);
    const checkWanted = (): void => {
      if (this.#stopped) throw new Error('the agent stops');
    };
    const found = await validate(database, name, { clock, checkWanted });
    if (found === null) return;
    this.#silentUntil.delete(name);
    this.#validations.record(name, found, wall);
    const about = { path: this.#plan.path, replica: name, txid: found.txid };
    if (found.outcome === 'passed') log.info({ ...about, ms: found.durationMs }, 'replica validated');
    else log.error({ ...about, failure: found.failure }, 'replica failed its validation: all is sent anew');
  }
}

/** Newest TXID that a replica has. */
async function reachedBy({ reports }: ReplicatedDatabase, replica: string): Promise<string> {
  const { replicas } = await reports.read();
  return replicas.find(({ name }) => name === replica)?.txid ?? '';
}
