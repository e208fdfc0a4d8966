import { HttpClient } from '../support/http-client.ts';
import type { Random } from '../support/random.ts';
import { inWalMode, sqliteImage } from '../support/sqlite-image.ts';
import { checksumOf, pageSizeOf } from './litefs/images.ts';

interface Point {
  readonly maxTxId: string;
  readonly maxTimestamp: string;
  readonly deleted?: boolean;
}

/** An operator's answers, by what was asked. */
export type Done = Record<string, number>;

/** Somebody who restores, imports, deletes, checks and downloads while a primary writes. */
export class Operator {
  readonly done: Done = {};
  readonly #client: HttpClient;
  readonly #random: Random;
  /** Contents that databases may come to have, by their checksum. */
  readonly #contents: Set<bigint>;
  /** Told of each change to a database, before it is asked for. */
  readonly #onChange: (db: string) => void;

  constructor(
    url: () => string,
    cluster: string,
    random: Random,
    contents: Set<bigint>,
    onChange: (db: string) => void,
  ) {
    this.#client = new HttpClient(url, cluster, 4);
    this.#random = random;
    this.#contents = contents;
    this.#onChange = onChange;
  }

  /** One deed, on one of `names`, of which some may not be there. */
  async act(names: readonly string[]): Promise<void> {
    const random = this.#random;
    const db = names[random.int(0, names.length - 1)]!;
    const deed = random.int(0, 9);
    if (deed <= 2) await this.#restore(db);
    else if (deed <= 4) await this.#import(db, await this.#pageSize(db));
    else if (deed === 5) await this.#importOther(db);
    else if (deed === 6) await this.#delete(db);
    else await this.#download(db);
  }

  close(): void {
    this.#client.close();
  }

  async #ask(what: string, method: string, path: string, body?: Uint8Array) {
    const answer = await this.#client.send(method, path, body === undefined ? {} : { body });
    const name = `${what} ${answer.status}`;
    this.done[name] = (this.done[name] ?? 0) + 1;
    if (answer.status >= 500) throw new Error(`${what}: ${answer.status} ${answer.body.toString()}`);
    return answer;
  }

  async #points(db: string): Promise<Point[]> {
    const answer = await this.#ask('info', 'GET', `/db/info?db=${db}&all&level=0`);
    return answer.status === 200 ? answer.json<{ restorablePaths: Point[] }>().restorablePaths : [];
  }

  /** One that is no deletion, or undefined. */
  async #point(db: string): Promise<Point | undefined> {
    const points = (await this.#points(db)).filter(({ deleted }) => deleted !== true);
    return points[this.#random.int(0, Math.max(0, points.length - 1))];
  }

  async #restore(db: string): Promise<void> {
    const point = await this.#point(db);
    if (point === undefined) return;
    const by = this.#random.chance(0.5)
      ? `txid=${point.maxTxId}`
      : `timestamp=${encodeURIComponent(point.maxTimestamp)}`;
    const check = await this.#ask('check', 'GET', `/db/restore/check?db=${db}&${by}`);
    this.#onChange(db);
    const answer = await this.#ask('restore', 'POST', `/db/restore?db=${db}&${by}`);
    // The name may have been deleted, and the point may have gone, but what could be restored a moment ago can be.
    if (check.status === 200 && answer.status !== 200 && answer.status !== 404) {
      throw new Error(`restore of ${db} to ${by}: ${answer.status} ${answer.body.toString()}`);
    }
  }

  async #import(db: string, pageSize: number): Promise<void> {
    const mode = this.#random.chance(0.5) ? 'wal' : 'rollback';
    const image = sqliteImage({
      pageSize,
      mode,
      rows: this.#random.int(1, 60),
      seed: this.#random.int(1, 1e6),
    });
    // Into a name in WAL mode it goes in that mode.
    for (const each of [image, inWalMode(image)]) this.#contents.add(checksumOf(each, pageSize));
    this.#onChange(db);
    await this.#ask('import', 'POST', `/db/upload?db=${db}&check=quick`, image);
  }

  /** Of a page size that would end a primary for good: it is refused. A name that is new may have any. */
  async #importOther(db: string): Promise<void> {
    if ((await this.#points(db)).length === 0) return;
    const pageSize = await this.#pageSize(db);
    const image = sqliteImage({ pageSize: pageSize * 2 });
    const answer = await this.#ask('import of another page size', 'POST', `/db/upload?db=${db}`, image);
    if (answer.status !== 422) throw new Error(`another page size: ${answer.status}`);
  }

  async #delete(db: string): Promise<void> {
    this.#onChange(db);
    await this.#ask('delete', 'DELETE', `/db?db=${db}`);
  }

  /** Any point comes back whole, and is something that the database was. */
  async #download(db: string): Promise<void> {
    const point = await this.#point(db);
    if (point === undefined) return;
    const path = `/db/snapshot?db=${db}&txid=${point.maxTxId}&format=sqlite`;
    const { status, body } = await this.#ask('download', 'GET', path);
    if (status !== 200) return;
    if (!this.#contents.has(checksumOf(body, pageSizeOf(body)))) {
      throw new Error(`${db} at ${point.maxTxId} is nothing that it ever was`);
    }
  }

  /** Of a name: each has its own, as its primary does. */
  async #pageSize(db: string): Promise<number> {
    return pageSizeFor(db);
  }
}

/** The page size of a name, of which the primary has one for ever. */
export const pageSizeFor = (db: string): number => (db.startsWith('large') ? 8192 : 1024);
