import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { ClockReading } from '../../commands/clock.ts';
import type { Actor } from '../../events/index.ts';
import type { Logger } from '../../logging.ts';
import { formatTxid } from '../../ltx/index.ts';
import type { NameGate } from '../name-gate.ts';
import type { Sweeper } from '../sweeper.ts';
import type { EngineWriter } from '../writer/client.ts';
import type { IngestCommand, IngestResult } from '../writer/messages.ts';
import type { IngestLimits } from './limits.ts';
import { type Received, receiveLtx } from './receive.ts';
import { Staging } from './staging.ts';

/** A transaction that a client sends. */
export interface IngestRequest {
  readonly cluster: string;
  readonly db: string;
  readonly body: Readable;
  readonly actor: Actor;
  /** The sender's `Litefs-Cluster-Id`. */
  readonly primary: string | null;
}

export interface IngestDependencies {
  readonly writer: EngineWriter;
  readonly spoolDirectory: string;
  readonly limits: IngestLimits;
  readonly sweeper: Sweeper;
  /** Passed by each transaction before it is decided on. */
  readonly gate: NameGate;
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/** Takes transactions in: receives the body, has it decided on and committed, and says what happened. */
export class IngestService {
  readonly #deps: IngestDependencies;

  constructor(dependencies: IngestDependencies) {
    this.#deps = dependencies;
  }

  /**
   * @throws LfsbError `EINCOMPLETE`, `ETIMEOUT`, `ETOOLARGE`, `EUNAVAILABLE`; nothing is changed then
   */
  async receive(request: IngestRequest): Promise<IngestResult> {
    const { writer, spoolDirectory, limits, sweeper } = this.#deps;
    const staging = new Staging(writer);
    const received = await receiveLtx({ body: request.body, spoolDirectory, staging, limits }).catch(
      (error: unknown) => {
        if (staging.used) sweeper.wake();
        throw error;
      },
    );
    await this.#deps.gate.pass(request.cluster, request.db);
    const result = await this.#decide(request, received, staging);
    await this.#tidyUp(received, result, staging);
    this.#report(request, received, result);
    return result;
  }

  #decide(request: IngestRequest, received: Received, staging: Staging): Promise<IngestResult> {
    const { cluster, db, actor, primary } = request;
    const base = { cluster, db, actor, clock: this.#deps.clock() };
    if (received.kind === 'unreadable') {
      return this.#deps.writer.execute({ type: 'refuse', ...base, refusal: received.refusal });
    }
    const { file, pages, bytes } = received;
    const command = { type: 'ingest', ...base, file, pages, bytes, primary } as const;
    return this.#deps.writer.execute(command, transferOf(command)).catch(async (error: unknown) => {
      await staging.abandon();
      throw error;
    });
  }

  /** What was received and not taken goes at once; what the commit replaced is swept in small steps. */
  async #tidyUp(received: Received, result: IngestResult, staging: Staging): Promise<void> {
    const taken = result.kind === 'accepted' && result.how !== 'duplicate';
    if (!taken && received.kind === 'file' && received.file.payload.kind === 'spool') {
      await unlink(join(this.#deps.spoolDirectory, received.file.payload.name));
    }
    const replaced =
      taken && received.kind === 'file' && (result.how === 'rebase' || received.file.header.commit === 0);
    if (replaced || (!taken && staging.used)) this.#deps.sweeper.wake();
  }

  #report({ cluster, db, actor }: IngestRequest, received: Received, result: IngestResult): void {
    const { log } = this.#deps;
    const who = { cluster, db, request: actor.request };
    if (result.kind === 'refused') {
      const { code, message } = result.refusal;
      if (result.recorded) log.warn({ ...who, code, reason: message }, 'tx refused');
      else log.debug({ ...who, code }, 'tx refused again');
      if (result.withheld) log.warn(who, 'position withheld until a full snapshot comes');
      return;
    }
    if (result.formerPrimary !== null) {
      log.warn(
        { cluster, former: result.formerPrimary },
        'another LiteFS data directory sends for this cluster',
      );
    }
    if (received.kind !== 'file' || result.how === 'duplicate') {
      log.debug(who, 'tx is here already');
      return;
    }
    const { header, sizeBytes } = received.file;
    const txid = { min: formatTxid(header.minTxid), max: formatTxid(header.maxTxid) };
    if (result.how === 'create') log.info({ ...who, pageSize: header.pageSize }, 'database created');
    if (result.how === 'rebase') log.warn(who, 'database re-based on a full snapshot');
    log.info(
      { ...who, txid: `${txid.min}-${txid.max}`, size: sizeBytes, commit: header.commit },
      'tx stored',
    );
  }
}

function transferOf({ bytes, pages }: IngestCommand): ArrayBuffer[] {
  const transfer: ArrayBuffer[] = [];
  if (bytes !== null) transfer.push(bytes.buffer as ArrayBuffer);
  if (pages.kind === 'inline')
    transfer.push(pages.numbers.buffer as ArrayBuffer, pages.sums.buffer as ArrayBuffer);
  return transfer;
}
