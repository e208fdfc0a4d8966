import { readJson } from './answers.ts';
import { type ClientOptions, Connection } from './connection.ts';
import { type Download, openDownload } from './download.ts';
import { LogClient } from './log-client.ts';
import type {
  CheckedPoint,
  DatabasePosition,
  DatabaseStatus,
  Restored,
  RestorePoint,
  SnapshotFormat,
  Status,
  Target,
  Uploaded,
  VerifyLine,
} from './types.ts';
import { openUpload } from './upload.ts';
import { verify } from './verify.ts';

interface WirePosition {
  readonly TXID: string;
  readonly PostApplyChecksum: string;
}

interface WirePoint {
  readonly maxTxId: string;
  readonly maxTimestamp: string;
  readonly postApplyChecksum: string;
  readonly deleted?: boolean;
  readonly local?: boolean;
}

/** Restore points of one answer. */
const POINTS_PER_PAGE = 10_000;

/** A client of an lfsb server, in the name of one cluster. Dispose it when it is no longer needed. */
export class LfsbClient implements Disposable {
  /** The operation log. */
  readonly log: LogClient;
  readonly #connection: Connection;

  /** @throws ClientError `EENDPOINT`, LfsbError `EBADCLUSTER` */
  constructor(options: ClientOptions) {
    this.#connection = new Connection(options);
    this.log = new LogClient(this.#connection);
  }

  /** Where the server is, as `http://host:port`. */
  get origin(): string {
    return this.#connection.endpoint.origin;
  }

  /** Every database of the cluster and where it is, by name. */
  async positions(): Promise<DatabasePosition[]> {
    const response = await this.#connection.open({ method: 'GET', path: '/pos' });
    const positions = await readJson<Record<string, WirePosition>>(this.#connection.endpoint, response);
    return Object.entries(positions)
      .map(([database, { TXID, PostApplyChecksum }]) => ({
        database,
        txid: TXID,
        checksum: PostApplyChecksum,
      }))
      .sort((a, b) => (a.database < b.database ? -1 : 1));
  }

  /** The first and the last restore point of a database, or all of them, oldest first. */
  async info(db: string, options: { readonly all?: boolean } = {}): Promise<RestorePoint[]> {
    if (!options.all) return this.#points({ db });
    const points: RestorePoint[] = [];
    let limit = POINTS_PER_PAGE;
    for (let last: RestorePoint | undefined; ; ) {
      const page = await this.#points({ db, limit: String(limit), from: last?.timestamp });
      // Points of one time are given again: a page begins with the time that the one before ended at.
      const known = new Set(points.slice(-limit).map(({ txid, checksum }) => `${txid}/${checksum}`));
      const fresh = page.filter(({ txid, checksum }) => !known.has(`${txid}/${checksum}`));
      for (const point of fresh) points.push(point);
      if (page.length < limit) return points;
      if (fresh.length === 0) limit *= 2;
      last = points.at(-1);
    }
  }

  async #points(query: Readonly<Record<string, string | undefined>>): Promise<RestorePoint[]> {
    const response = await this.#connection.open({ method: 'GET', path: '/db/info', query, isSlow: true });
    const endpoint = this.#connection.endpoint;
    const { restorablePaths } = await readJson<{ restorablePaths: WirePoint[] | null }>(endpoint, response);
    return (restorablePaths ?? []).map(pointOf);
  }

  /** A database as it is, or as it was at `target`. The answer is there when the server has built it. */
  snapshot(db: string, format: SnapshotFormat, target?: Target): Promise<Download> {
    return openDownload(this.#connection, { db, format, target });
  }

  /**
   * A SQLite file becomes the database's next transaction.
   * @param onBytes is told of bytes that are on their way
   */
  async upload(db: string, path: string, onBytes: (count: number) => void = () => {}): Promise<Uploaded> {
    await using file = await openUpload(path, onBytes);
    const response = await this.#connection.open({
      method: 'POST',
      path: '/db/upload',
      query: { db },
      headers: { 'content-length': file.sizeBytes, 'content-type': 'application/octet-stream' },
      body: file.body,
      isSlow: true,
    });
    const answer = await readJson<{ txID: string; journalMode?: string }>(
      this.#connection.endpoint,
      response,
    );
    return { txid: answer.txID, isWalForced: answer.journalMode === 'wal' };
  }

  /** Sets the live database back, as a new transaction. */
  async restore(db: string, target: Target): Promise<Restored> {
    const query = { db, ...target };
    const response = await this.#connection.open({
      method: 'POST',
      path: '/db/restore',
      query,
      isSlow: true,
    });
    const answer = await readJson<{ txID: string; journalMode?: string }>(
      this.#connection.endpoint,
      response,
    );
    return { txid: answer.txID, isWalForced: answer.journalMode === 'wal' };
  }

  /** The point that a restore would take, proven by building it; nothing changes. */
  async restoreCheck(db: string, target: Target): Promise<CheckedPoint> {
    const query = { db, ...target };
    const path = '/db/restore/check';
    const response = await this.#connection.open({ method: 'GET', path, query, isSlow: true });
    const answer = await readJson<{ txID: string; timestamp: string }>(this.#connection.endpoint, response);
    return { txid: answer.txID, timestamp: answer.timestamp };
  }

  /**
   * A restore drill: the server builds the newest point that is stored, a given one or all of them from each replica,
   * and puts what it found on record. The last line is the verdict.
   */
  verify(db: string, target?: Target | 'all'): AsyncGenerator<VerifyLine, void> {
    return verify(this.#connection, db, target);
  }

  /** How the server and the databases of the cluster fare. */
  async status(): Promise<Status> {
    const databases: DatabaseStatus[] = [];
    for (let after = ''; ; ) {
      const query = { after };
      const response = await this.#connection.open({ method: 'GET', path: '/v1/status', query });
      const page = await readJson<Status & { next: string | null }>(this.#connection.endpoint, response);
      databases.push(...page.databases);
      const { next, ...status } = page;
      if (next === null) return { ...status, databases };
      after = next;
    }
  }

  /** Says that the server's clock is right; whether it had been doubted, and what it says (RFC 3339). */
  async clearClock(): Promise<{ readonly cleared: boolean; readonly time: string }> {
    const response = await this.#connection.open({ method: 'POST', path: '/v1/clock/clear' });
    return readJson<{ cleared: boolean; time: string }>(this.#connection.endpoint, response);
  }

  /** Deletes a database and its backups. */
  async delete(db: string): Promise<void> {
    const response = await this.#connection.open({ method: 'DELETE', path: '/db', query: { db } });
    response.resume();
  }

  [Symbol.dispose](): void {
    this.#connection[Symbol.dispose]();
  }
}

const pointOf = ({ maxTxId, maxTimestamp, postApplyChecksum, deleted, local }: WirePoint): RestorePoint => ({
  txid: maxTxId,
  timestamp: maxTimestamp,
  checksum: postApplyChecksum,
  ...(deleted === true ? { deleted } : {}),
  ...(local === true ? { local } : {}),
});
