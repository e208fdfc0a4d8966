import { type Pos, parseChecksum, parseTxid } from '../../../src/ltx/index.ts';
import { decodeSnapshot } from '../../support/databases.ts';
import type { WirePos } from '../../support/http-client.ts';
import type { DataDirectory } from './data-directory.ts';
import { LocalDatabase } from './database.ts';
import { checksumOf, isWal } from './images.ts';
import { PassFailed, type Reply, Wire, type WireOptions } from './wire.ts';

const START_MS = 1_000;
const POLL_MS = 10_000;
const WRITE_MS = 1_000;
const RETRY_MS = 1_000;

/** A database's content was taken from the server, over `lost` transactions of the primary's own. */
export interface Takeover {
  readonly db: string;
  readonly pos: Pos;
  readonly lost: bigint;
  readonly why: 'absent' | 'behind' | 'differs' | 'mismatch' | 'no files';
}

/**
 * A LiteFS primary's backup loop, as `protocol.md` says: it polls, compares every database, and sends, or takes
 * the server's state. One process of it; what survives it is in its data directory.
 */
export class LiteFsPrimary {
  readonly directory: DataDirectory;
  readonly takeovers: Takeover[] = [];
  readonly refusals: string[] = [];
  passes = 0;
  failures = 0;
  readonly #wire: Wire;
  readonly #marks = new Map<string, bigint>();
  readonly #between: () => Promise<void>;
  #nextAt: number;
  #failing = false;

  /** @param between what else happens between a poll and what follows from it */
  constructor(
    directory: DataDirectory,
    options: Omit<WireOptions, 'clusterId'>,
    now: number,
    between: () => Promise<void> = async () => {},
  ) {
    this.directory = directory;
    this.#wire = new Wire({ ...options, clusterId: directory.clusterId });
    this.#nextAt = now + START_MS;
    this.#between = between;
  }

  get instanceRequests(): number {
    return this.#wire.instanceRequests;
  }

  /** The application committed. */
  commit(name: string, pageSize: number, image: Uint8Array, now: number): void {
    this.directory.pin(name, pageSize);
    const db = this.directory.databases.get(name) ?? new LocalDatabase(name, pageSize);
    this.directory.databases.set(name, db);
    db.commit(image, now);
    if (!this.#failing) this.#nextAt = Math.min(this.#nextAt, now + WRITE_MS);
  }

  /** Does what is due. Whatever goes wrong ends the pass; the next begins at once, and then every second. */
  async tick(now: number): Promise<void> {
    for (const db of this.directory.databases.values()) db.trim(this.#marks.get(db.name) ?? 0n, now);
    if (now < this.#nextAt) return;
    this.passes++;
    try {
      const more = await this.#pass(now);
      this.#failing = false;
      this.#nextAt = more ? now : now + POLL_MS;
    } catch (error) {
      if (!(error instanceof PassFailed)) throw error;
      this.failures++;
      this.#nextAt = this.#failing ? now + RETRY_MS : now;
      this.#failing = true;
    }
  }

  close(): void {
    this.#wire.close();
  }

  /** Polls, compares, sends; returns whether there is more to send. */
  async #pass(now: number): Promise<boolean> {
    const answer = await this.#wire.send('GET', '/pos');
    if (answer.status !== 200) throw new PassFailed(`/pos: ${answer.status}`);
    const remote = new Map(Object.entries(JSON.parse(answer.body.toString()) as Record<string, WirePos>));
    await this.#between();
    let more = false;
    const names = new Set([...remote.keys(), ...this.directory.databases.keys()]);
    for (const name of [...names].sort()) {
      const pos = remote.get(name);
      more = (await this.#sync(name, pos === undefined ? null : parsePos(pos), now)) || more;
    }
    return more;
  }

  async #sync(name: string, remote: Pos | null, now: number): Promise<boolean> {
    const db = this.directory.databases.get(name);
    if (db === undefined) return this.#takeOver(name, 'absent');
    if (remote === null) {
      if (db.pos.txid > 0n) await this.#post(db, db.snapshot(now));
      return false;
    }
    if (remote.txid > db.pos.txid) return this.#takeOver(name, 'behind');
    if (remote.txid === db.pos.txid) {
      return remote.checksum === db.pos.checksum ? false : this.#takeOver(name, 'differs');
    }
    const ltx = db.merged(remote.txid);
    if (ltx === null) return this.#takeOver(name, 'no files');
    return this.#post(db, ltx);
  }

  /** Returns whether there is more to send. */
  async #post(db: LocalDatabase, ltx: Uint8Array): Promise<boolean> {
    const answer = await this.#wire.send('POST', `/db/tx?db=${encodeURIComponent(db.name)}`, ltx);
    if (answer.status === 200) {
      const mark = parseTxid(String(answer.headers['litefs-hwm'] ?? ''));
      if (mark === undefined) throw new PassFailed('no high-water mark');
      this.#marks.set(db.name, mark);
      db.acknowledged = new DataView(ltx.buffer, ltx.byteOffset).getBigUint64(24);
      return db.acknowledged < db.pos.txid;
    }
    const code = codeOf(answer);
    this.refusals.push(`${db.name}: ${answer.status} ${code}`);
    if (answer.status === 409 && code === 'EPOSMISMATCH') return this.#takeOver(db.name, 'mismatch');
    throw new PassFailed(`POST: ${answer.status} ${code}`);
  }

  async #takeOver(name: string, why: Takeover['why']): Promise<boolean> {
    const answer = await this.#wire.send('GET', `/db/snapshot?db=${encodeURIComponent(name)}`);
    if (answer.status !== 200) throw new PassFailed(`snapshot: ${answer.status} ${codeOf(answer)}`);
    const { header, bytes, postApplyChecksum } = decodeSnapshot(answer.body);
    const { pageSize, maxTxid } = header;
    this.directory.pin(name, pageSize);
    const known = this.directory.databases.get(name);
    if (checksumOf(bytes, pageSize) !== postApplyChecksum) throw new Error(`${name}: a wrong snapshot`);
    if (known !== undefined && isWal(known.image) && bytes.byteLength > 0 && !isWal(bytes)) {
      throw new Error(`${name} was taken out of WAL mode: every later file would have a wrong checksum`);
    }
    const db = known ?? new LocalDatabase(name, pageSize);
    const pos = { txid: maxTxid, checksum: postApplyChecksum };
    this.takeovers.push({ db: name, pos, lost: db.pos.txid - db.acknowledged, why });
    this.directory.databases.set(name, db);
    db.restore(bytes, pos);
    this.#marks.delete(name);
    return false;
  }
}

function codeOf({ body }: Reply): string {
  return body.byteLength === 0 ? '' : String((JSON.parse(body.toString()) as { code?: string }).code);
}

function parsePos({ TXID, PostApplyChecksum }: WirePos): Pos {
  const [txid, checksum] = [parseTxid(TXID), parseChecksum(PostApplyChecksum)];
  // A zero position would fail every pass of a LiteFS that does not know the name.
  if (txid === undefined || txid === 0n || checksum === undefined) {
    throw new Error(`/pos lists ${TXID}/${PostApplyChecksum}`);
  }
  return { txid, checksum };
}
