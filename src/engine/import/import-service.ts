import type { Readable } from 'node:stream';
import type { ClockReading } from '../../commands/clock.ts';
import { type DatabaseState, unknownDatabase } from '../../commands/database-state.ts';
import type { Refusal } from '../../commands/refusal.ts';
import type { Actor } from '../../events/index.ts';
import type { Logger } from '../../logging.ts';
import { formatTxid } from '../../ltx/index.ts';
import { loadDatabase } from '../../projections/databases.ts';
import type { Sql } from '../../projections/index.ts';
import type { IngestLimits } from '../ingest/limits.ts';
import { Staging } from '../ingest/staging.ts';
import { Permits } from '../permits.ts';
import type { Sweeper } from '../sweeper.ts';
import type { EngineWriter } from '../writer/client.ts';
import type { IngestRefused } from '../writer/messages.ts';
import { commitImport, type ImportOutcome } from './commit-import.ts';
import { ImageIntake, type ReceivedImage } from './image-intake.ts';
import type { ImportPool } from './import-pool.ts';
import { IMPORTS_MAX, IMPORTS_WAIT_MS_MAX, IMPORTS_WAITING_MAX } from './limits.ts';
import { receiveImage } from './receive-image.ts';

/** A SQLite file that a client uploads. */
export interface ImportRequest {
  readonly cluster: string;
  readonly db: string;
  readonly body: Readable;
  readonly actor: Actor;
  /** Whether SQLite is to look through the file before it is taken. */
  readonly check: boolean;
}

export interface ImportDependencies {
  /** A connection that only reads. */
  readonly sql: Sql;
  readonly writer: EngineWriter;
  readonly pool: ImportPool;
  readonly limits: IngestLimits;
  readonly sweeper: Sweeper;
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/** Takes whole databases in: receives the file, makes a transaction of it, and says what happened. */
export class ImportService {
  readonly #deps: ImportDependencies;
  readonly #permits = new Permits({
    heldMax: IMPORTS_MAX,
    waitingMax: IMPORTS_WAITING_MAX,
    waitMsMax: IMPORTS_WAIT_MS_MAX,
    what: 'imports',
  });

  constructor(dependencies: ImportDependencies) {
    this.#deps = dependencies;
  }

  /**
   * Resolves when the import is durable, or refused.
   * @throws LfsbError `EINCOMPLETE`, `ETIMEOUT`, `ETOOLARGE`, `EUNAVAILABLE`; nothing is changed then
   */
  async receive(request: ImportRequest): Promise<ImportOutcome> {
    const release = await this.#permits.take();
    try {
      return await this.#receive(request);
    } finally {
      release();
    }
  }

  async #receive(request: ImportRequest): Promise<ImportOutcome> {
    const staging = new Staging(this.#deps.writer);
    const intake = new ImageIntake({
      state: this.#stateOf(request),
      begin: (options) => this.#deps.pool.begin(options),
      check: request.check,
      staging,
    });
    let outcome: ImportOutcome | null = null;
    try {
      const received = await receiveImage(request.body, intake, this.#deps.limits);
      outcome =
        received.kind === 'refused'
          ? await this.#refuse(request, received.refusal)
          : await this.#commit(request, received, staging);
      this.#report(request, outcome, received.kind === 'refused' ? null : received);
      return outcome;
    } finally {
      await this.#tidyUp(intake, staging, outcome?.kind === 'accepted');
    }
  }

  #stateOf({ cluster, db }: ImportRequest): DatabaseState {
    return loadDatabase(this.#deps.sql, cluster, db) ?? unknownDatabase(cluster, db);
  }

  #refuse({ cluster, db, actor }: ImportRequest, refusal: Refusal): Promise<IngestRefused> {
    const clock = this.#deps.clock();
    return this.#deps.writer.execute({ type: 'refuse', cluster, db, actor, clock, refusal });
  }

  #commit(request: ImportRequest, received: ReceivedImage, staging: Staging): Promise<ImportOutcome> {
    const { writer, clock } = this.#deps;
    const state = this.#stateOf(request);
    return commitImport({ writer, clock, staging, received, state, actor: request.actor });
  }

  /** What was not taken goes at once; the page checksums that the import replaced are swept in small steps. */
  async #tidyUp(intake: ImageIntake, staging: Staging, taken: boolean): Promise<void> {
    await intake.close(taken);
    if (!taken) await staging.abandon();
    if (taken || staging.used) this.#deps.sweeper.wake();
  }

  #report(
    { cluster, db, actor }: ImportRequest,
    outcome: ImportOutcome,
    received: ReceivedImage | null,
  ): void {
    const { log } = this.#deps;
    const who = { cluster, db, request: actor.request };
    if (outcome.kind === 'refused') {
      const { code, message, hint } = outcome.refusal;
      if (outcome.recorded) log.warn({ ...who, code, reason: message, hint }, 'import refused');
      else log.debug({ ...who, code }, 'import refused again');
      return;
    }
    const { created, pos, journalModeForced } = outcome;
    const size = received?.image.sizeBytes;
    const commit = received?.image.commit;
    const txid = formatTxid(pos.txid);
    log.info({ ...who, txid, size, commit, created, journalModeForced }, 'database imported');
  }
}
