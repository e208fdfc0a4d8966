import { setTimeout as sleep } from 'node:timers/promises';
import type { ReplicaConfig } from '../../config/litestream/types.ts';
import { LfsbError } from '../../errors/index.ts';
import { type Head, isEventType, parseHead } from '../../events/index.ts';
import { proofOf, shown } from '../../http/log/shown.ts';
import {
  LogHistory,
  type LogPage,
  type LogQuery,
  openReadOnly,
  type SqlConnection,
} from '../../log/index.ts';
import { AGENT_CLUSTER, databaseNameOf } from '../names.ts';
import type { PlaceOptions } from '../restore/open-place.ts';
import { AgentArchive } from './agent-archive.ts';
import { logPath } from './read-view.ts';
import { verifyWholeLog } from './verify-whole-log.ts';

/** How often the end of the log is looked at while it is followed, ms. */
const LOOK_MS = 500;

/** Which events; times are in ms, inclusive. What is not given does not narrow. */
export interface AgentLogFilter {
  readonly type?: string | undefined;
  readonly actor?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

interface HeadText {
  readonly seq: number;
  /** 64 hex digits. */
  readonly hash: string;
}

/** Whose log it is, and where it is. */
export interface AgentLogPlace {
  /** Of the database, absolute. */
  readonly path: string;
  readonly metaPath: string;
  /** Where events are that have left the meta directory; none: those cannot be read. */
  readonly replicas: readonly ReplicaConfig[];
}

/**
 * The log of one replicated database, read from its meta directory by any process, whether its agent runs or not,
 * and where events have left it, from the replicas. Nobody is asked before such an event is.
 */
export class AgentLog {
  readonly #sql: SqlConnection;
  readonly #archive: AgentArchive;
  readonly #history: LogHistory;
  readonly #db: string;

  private constructor(sql: SqlConnection, archive: AgentArchive, path: string) {
    this.#sql = sql;
    this.#archive = archive;
    this.#history = new LogHistory(sql, archive);
    this.#db = databaseNameOf(path);
  }

  /** @throws LfsbError `ENODB` when it has no log, SQLite's error */
  static open({ path, metaPath, replicas }: AgentLogPlace, options: PlaceOptions): AgentLog {
    try {
      const sql = openReadOnly(logPath(metaPath));
      return new AgentLog(sql, new AgentArchive(replicas, options), path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LfsbError('ENODB', `there is no log of ${path} in ${metaPath}: ${why}`, { cause });
    }
  }

  async close(): Promise<void> {
    this.#sql.db.close();
    await this.#archive.close();
  }

  async head(): Promise<HeadText> {
    return textOf(this.#history.head());
  }

  /** The events after a number, oldest first. @throws LfsbError `EBADINPUT` for a type that there is not */
  read(filter: AgentLogFilter = {}, after = 0): AsyncGenerator<object, void> {
    return this.#events({ ...this.#queryOf(filter), after });
  }

  /** The last events, newest first. */
  latest(filter: AgentLogFilter = {}): AsyncGenerator<object, void> {
    return this.#events({ ...this.#queryOf(filter), order: 'descending' });
  }

  /** Events as they happen, after a number, for ever. */
  async *follow(filter: AgentLogFilter, after: number): AsyncGenerator<object, void> {
    const query = this.#queryOf(filter);
    for (let seen = after; ; await sleep(LOOK_MS)) {
      const { seq } = this.#history.head();
      yield* this.#events({ ...query, after: seen, before: seq + 1 });
      seen = seq;
    }
  }

  /** One event as it proves itself; undefined where there is none. */
  async proof(seq: number): Promise<object | undefined> {
    if (seq > this.#history.head().seq) return undefined;
    const [stored] = (await this.#history.stored(seq - 1, 1)).events;
    return stored?.seq === seq ? proofOf(stored, AGENT_CLUSTER) : undefined;
  }

  /** Proves all of it: chain, order and indexes. @param expected a head that was kept elsewhere, `seq:hash` */
  async verify(expected?: string): Promise<VerifiedLog> {
    const kept = expected === undefined ? undefined : parseHead(expected);
    const verdict = await verifyWholeLog(this.#sql, this.#history, kept);
    return verdict.ok ? { ok: true, head: textOf(verdict.head) } : verdict;
  }

  async *#events(query: LogQuery): AsyncGenerator<object, void> {
    const cursor = query.order === 'descending' ? 'before' : 'after';
    for (let next: LogQuery | null = query; next !== null; ) {
      const { events, passed }: LogPage = await this.#history.page(next);
      for (const event of events) yield shown(event);
      next = passed === null ? null : { ...query, [cursor]: passed };
    }
  }

  /** What happened to the database; with a type also what the agent did. */
  #queryOf({ type, actor, since, until }: AgentLogFilter): LogQuery {
    if (type !== undefined && !isEventType(type)) {
      throw new LfsbError('EBADINPUT', `there is no type of event ${JSON.stringify(type)}`);
    }
    return {
      ...(type === undefined ? { cluster: AGENT_CLUSTER, db: this.#db } : { type }),
      ...(actor !== undefined && { actor }),
      ...(since !== undefined && { since }),
      ...(until !== undefined && { until }),
    };
  }
}

const textOf = ({ seq, hash }: Head): HeadText => ({ seq, hash: Buffer.from(hash).toString('hex') });

/** The log is right up to `head`, or where it breaks first. */
export type VerifiedLog =
  | { readonly ok: true; readonly head: HeadText }
  | { readonly ok: false; readonly seq: number; readonly what: string };
