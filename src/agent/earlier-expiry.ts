import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClockReading } from '../commands/clock.ts';
import { sourced } from '../compactor/plan/files.ts';
import { History } from '../compactor/plan/history.ts';
import { loadCatalogue } from '../compactor/run/catalogue.ts';
import type { EngineWriter } from '../engine/writer/client.ts';
import type { SqlConnection } from '../log/index.ts';
import type { Logger } from '../logging.ts';
import { formatTxid, parseTxid, type Txid } from '../ltx/index.ts';
import { DELETE_KEYS_MAX } from '../storage/index.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { AgentDatabase, AgentReplica } from './plan.ts';
import { listFiles } from './restore/listing.ts';

/** How often it is looked whether an earlier history is past its retention, ms. */
export const EARLIER_LOOK_MS = 3_600_000;

/** How long what is under way may take to be given up, ms. */
const STOP_MS_MAX = 5_000;

const NAME = 'earlier-history.json';

/** What is to be expired beside the files that the log knows. */
interface Earlier {
  /** The earlier history ends here, 16 hex digits: all files that end behind it are the log's own. */
  readonly end: string;
  /** Replicas that may still hold some of it. */
  readonly replicas: readonly string[];
}

export interface EarlierExpiryOptions {
  readonly plan: AgentDatabase;
  /** Of the database in its log. */
  readonly name: string;
  readonly sql: SqlConnection;
  readonly writer: EngineWriter;
  readonly clock: () => ClockReading;
  readonly log: Logger;
}

/**
 * Removes the history that a lost log had written, of which the log knows nothing. It goes from a replica when the
 * new history answers by itself for every time within the retention there: then no promised point needs it.
 */
export class EarlierExpiry {
  readonly #options: EarlierExpiryOptions;
  readonly #path: string;
  readonly #stopping = new AbortController();
  #earlier: Earlier | null;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<void> | null = null;

  constructor(options: EarlierExpiryOptions) {
    this.#options = options;
    this.#path = join(options.plan.metaDirectory, NAME);
    this.#earlier = read(this.#path);
  }

  /** The log begins behind this TXID. Any replica may hold what is before it: not each of them has answered. */
  begin(end: Txid): void {
    const replicas = this.#options.plan.replicas.map(({ name }) => name);
    this.#keep({ end: formatTxid(end), replicas });
  }

  /** Looks when it is due; for a timer. */
  tick(): void {
    const { clock, log, plan } = this.#options;
    const { monotonic } = clock();
    const isDue = this.#earlier !== null && monotonic - this.#lookedAt >= EARLIER_LOOK_MS;
    if (!isDue || this.#looking !== null || this.#stopping.signal.aborted) return;
    this.#lookedAt = monotonic;
    this.#looking = this.#look()
      .catch((error: unknown) => {
        if (this.#stopping.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ path: plan.path, reason }, 'the earlier history could not be expired yet');
      })
      .finally(() => {
        this.#looking = null;
      });
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await this.#looking;
  }

  /** Begins nothing more, and gives up what is under way: the next start goes on. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.race([this.#looking, sleep(STOP_MS_MAX, undefined, { ref: false })]);
  }

  async #look(): Promise<void> {
    const { writer, clock, plan } = this.#options;
    const { trusted, doubtedMs } = await writer.execute({ type: 'storage.clock', clock: clock() });
    if (!trusted) return;
    for (const replica of plan.replicas) {
      const earlier = this.#earlier;
      if (earlier === null || !earlier.replicas.includes(replica.name)) continue;
      const retentions = replica.compaction.levels.map(({ retentionMs }) => retentionMs);
      const before = clock().wall - doubtedMs - Math.max(...retentions);
      if (!this.#answersFrom(replica.name, before)) continue;
      if (!(await this.#remove(replica, earlier, before))) continue;
      const replicas = earlier.replicas.filter((each) => each !== replica.name);
      this.#keep(replicas.length === 0 ? null : { ...earlier, replicas });
    }
  }

  /** Whether the log's own files on a replica lead to a point that is not after a time, ms. */
  #answersFrom(replica: string, time: number): boolean {
    const { sql, name } = this.#options;
    const files = loadCatalogue(sql, AGENT_CLUSTER, name)?.catalogue.replicas.get(replica) ?? [];
    const { points } = new History(sourced(replica, files));
    return points.some(({ last }) => last.file.effectiveTime <= time);
  }

  /** Returns whether all of it is gone: what is younger than the retention is somebody else's, and stays. */
  async #remove({ name, open }: AgentReplica, { end }: Earlier, before: number): Promise<boolean> {
    const { log, plan } = this.#options;
    const { signal } = this.#stopping;
    const replica = await open();
    try {
      const last = parseTxid(end)!;
      const files = (await listFiles(replica, { signal })).filter(({ maxTxid }) => maxTxid <= last);
      // Bases go first: what is left meanwhile leads nowhere, and not to an older state than was asked for.
      const old = files
        .filter(({ modifiedMs }) => modifiedMs <= before)
        .sort((a, b) => (a.maxTxid < b.maxTxid ? -1 : a.maxTxid > b.maxTxid ? 1 : b.level - a.level));
      for (let at = 0; at < old.length; at += DELETE_KEYS_MAX) {
        const keys = old.slice(at, at + DELETE_KEYS_MAX).map(({ key }) => key);
        const failed = (await replica.deleteMany(keys, { signal })).find(({ error }) => error !== null);
        if (failed?.error != null) throw failed.error;
      }
      const about = { path: plan.path, replica: name, txid: end, files: old.length };
      if (old.length > 0) log.info(about, 'the earlier history is past its retention, and was removed');
      return old.length === files.length;
    } finally {
      await replica.close();
    }
  }

  #keep(earlier: Earlier | null): void {
    this.#earlier = earlier;
    if (earlier === null) {
      rmSync(this.#path, { force: true });
      return;
    }
    writeFileSync(`${this.#path}.new`, JSON.stringify(earlier), { mode: 0o600, flush: true });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

function read(path: string): Earlier | null {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Earlier;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
