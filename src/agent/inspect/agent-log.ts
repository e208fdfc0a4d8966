import { setTimeout as sleep } from 'node:timers/promises';
import { LfsbError } from '../../errors/index.ts';
import { isEventType, parseHead } from '../../events/index.ts';
import { proofOf, shown } from '../../http/log/shown.ts';
import { type LogQuery, LogReader, openReadOnly, type SqlConnection, verifyLog } from '../../log/index.ts';
import { AGENT_CLUSTER, databaseNameOf } from '../names.ts';
import { logPath } from './read-view.ts';

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

/**
 * The log of one replicated database, read from its meta directory by any process, whether its agent runs or not:
 * what is there. Older events leave for the replicas.
 */
export class AgentLog {
  readonly #sql: SqlConnection;
  readonly #reader: LogReader;
  readonly #db: string;

  private constructor(sql: SqlConnection, path: string) {
    this.#sql = sql;
    this.#reader = new LogReader(sql);
    this.#db = databaseNameOf(path);
  }

  /** @param path of the database. @throws LfsbError `ENODB` when it has no log, SQLite's error */
  static open(path: string, metaPath: string): AgentLog {
    try {
      return new AgentLog(openReadOnly(logPath(metaPath)), path);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new LfsbError('ENODB', `there is no log of ${path} in ${metaPath}: ${why}`, { cause });
    }
  }

  close(): void {
    this.#sql.db.close();
  }

  async head(): Promise<HeadText> {
    const { seq, hash } = this.#reader.head();
    return { seq, hash: Buffer.from(hash).toString('hex') };
  }

  /** The events after a number, oldest first. @throws LfsbError `EBADINPUT` for a type that there is not */
  async *read(filter: AgentLogFilter = {}, after = 0): AsyncGenerator<object, void> {
    for (const event of this.#reader.read({ ...this.#queryOf(filter), after })) yield shown(event);
  }

  /** The last events, newest first. */
  async *latest(filter: AgentLogFilter = {}): AsyncGenerator<object, void> {
    const query = { ...this.#queryOf(filter), order: 'descending' } as const;
    for (const event of this.#reader.read(query)) yield shown(event);
  }

  /** Events as they happen, after a number, for ever. */
  async *follow(filter: AgentLogFilter, after: number): AsyncGenerator<object, void> {
    const query = this.#queryOf(filter);
    for (let seen = after; ; await sleep(LOOK_MS)) {
      const { seq } = this.#reader.head();
      for (const event of this.#reader.read({ ...query, after: seen, before: seq + 1 })) yield shown(event);
      seen = seq;
    }
  }

  /** One event as it proves itself; undefined where there is none here. */
  async proof(seq: number): Promise<object | undefined> {
    const [stored] = this.#reader.stored(seq - 1, 1);
    return stored?.seq === seq ? proofOf(stored, AGENT_CLUSTER) : undefined;
  }

  /** Proves what is here: chain, order and indexes. @param expected a head that was kept elsewhere, `seq:hash` */
  async verify(expected?: string): Promise<VerifiedLog> {
    const kept = expected === undefined ? undefined : parseHead(expected);
    const verdict = await verifyLog(this.#sql, kept === undefined ? {} : { expect: kept });
    if (!verdict.ok) return { ok: false, seq: verdict.seq, what: verdict.what };
    const { seq, hash } = verdict.head;
    return { ok: true, head: { seq, hash: Buffer.from(hash).toString('hex') } };
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

/** The log is right up to `head`, or where it breaks first. */
export type VerifiedLog =
  | { readonly ok: true; readonly head: HeadText }
  | { readonly ok: false; readonly seq: number; readonly what: string };
