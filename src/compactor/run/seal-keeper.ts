import { mkdir, readdir, rm } from 'node:fs/promises';
import { decideTrim, isCheckpointDue } from '../../commands/decide-sealing.ts';
import { checkpointDirectory, checkpointPath, seqOfName } from '../../log/checkpoint/files.ts';
import type { RunContext } from './context.ts';
import type { Sealing } from './seal-jobs.ts';
import { obsoleteBases, sinceCheckpoint, trimState } from './seal-state.ts';

/** How often it is looked whether a checkpoint is due or events can leave, ms. */
export const KEEPER_LOOK_MS = 10_000;

/** Transactions of events that leave after one look; the others follow after the next. */
export const TRIMS_PER_LOOK_MAX = 500;

/** Keeps the data directory small: makes checkpoints, and has events leave that are sealed. */
export class LogKeeper {
  readonly #context: RunContext;
  readonly #sealing: Sealing;
  #looking: Promise<void> | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #stopped = false;

  constructor(context: RunContext, sealing: Sealing) {
    this.#context = context;
    this.#sealing = sealing;
  }

  /** After a start: counts on no checkpoint that is not there, and removes files that nobody counts on. */
  async start(): Promise<void> {
    const { sql, writer } = this.#context;
    const { database } = this.#sealing;
    await mkdir(checkpointDirectory(database), { recursive: true });
    const names = await readdir(checkpointDirectory(database));
    const seqs = names.map(seqOfName).filter((seq) => seq !== null);
    await writer.execute({ type: 'checkpoint.present', seqs });
    const known = new Set(sql.all('SELECT seq FROM log_base').map((row) => row['seq']));
    await this.#unlink(seqs.filter((seq) => !known.has(seq)));
  }

  /** Looks for what is due, now and then; for a timer. */
  tick(): void {
    const { monotonic } = this.#context.clock();
    if (this.#stopped || this.#looking !== null || monotonic - this.#lookedAt < KEEPER_LOOK_MS) return;
    this.#lookedAt = monotonic;
    this.#looking = this.#look()
      .catch((err: unknown) => {
        // Whoever stopped this closes what it needs.
        if (!this.#stopped) this.#context.log.error({ err }, 'the log could not be kept small');
      })
      .finally(() => {
        this.#looking = null;
      });
  }

  async settled(): Promise<void> {
    await this.#looking;
  }

  /** Begins nothing more. */
  stop(): void {
    this.#stopped = true;
  }

  async #look(): Promise<void> {
    await this.#makeCheckpoint();
    await this.#trim();
    await this.#removeObsolete();
  }

  async #makeCheckpoint(): Promise<void> {
    const { sql, writer, clock, afterStep, log } = this.#context;
    const since = sinceCheckpoint(sql);
    if (since === null || !isCheckpointDue(since, clock().wall, this.#sealing.limits)) return;
    const { seq, hash } = await this.#sealing.jobs.makeCheckpoint();
    afterStep('checkpoint made');
    await writer.execute({ type: 'checkpoint.made', seq, hash, clock: clock() });
    afterStep('checkpoint recorded');
    log.debug({ seq }, 'checkpoint made');
  }

  async #trim(): Promise<void> {
    const { sql, writer, afterStep, log } = this.#context;
    const { keptEvents, keptTextBytes } = this.#sealing.limits;
    const through = decideTrim(trimState(sql, keptTextBytes), keptEvents);
    if (through === null) return;
    for (let count = 0; count < TRIMS_PER_LOOK_MAX && !this.#stopped; count++) {
      const { more } = await writer.execute({ type: 'log.trim', through });
      afterStep('trimmed');
      if (!more) break;
    }
    log.debug({ through }, 'events left the log');
  }

  /** The row goes first: a file that nobody counts on is removed after the next start. */
  async #removeObsolete(): Promise<void> {
    const { sql, writer, afterStep } = this.#context;
    const obsolete = obsoleteBases(sql);
    if (obsolete.length === 0) return;
    const seqs = sql
      .all('SELECT seq FROM log_base')
      .map((row) => Number(row['seq']))
      .filter((seq) => !obsolete.includes(seq));
    await writer.execute({ type: 'checkpoint.present', seqs });
    afterStep('checkpoint dropped');
    await this.#unlink(obsolete);
  }

  async #unlink(seqs: readonly number[]): Promise<void> {
    for (const seq of seqs) await rm(checkpointPath(this.#sealing.database, seq), { force: true });
  }
}
