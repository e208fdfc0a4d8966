import { formatPos, mergeLtx } from '../../src/ltx/index.ts';
import { collect, sourceOf } from '../ltx/reading.ts';
import type { Answer, HttpClient } from '../support/http-client.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

/** Files merged into one POST: LiteFS merges up to 256, a merge of ours reads up to 16. */
const FILES_PER_POST_MAX = 16;

/** Sends a file, and hears the answer or, for null, does not. */
export type Post = (ltx: Uint8Array) => Promise<Answer | null>;

/**
 * A LiteFS primary with one database: it asks for the position, sends what the server lacks, and takes a 409
 * for an order to throw its own transactions away.
 */
export class Primary {
  readonly db: string;
  readonly model: ModelDatabase;
  /** The newest TXID that an answer of 200 has covered. */
  acknowledged = 0n;
  /** Why it had to give up transactions of its own: never, while nobody else writes to the server. */
  readonly losses: string[] = [];
  readonly #client: HttpClient;

  constructor(client: HttpClient, db: string, seed: number) {
    this.#client = client;
    this.db = db;
    this.model = new ModelDatabase({ pageSize: 512, seed });
  }

  /** A transaction of the application: a change, a deletion, or a creation after one. */
  write(kind: 'change' | 'drop' | 'grow'): void {
    const { model } = this;
    if (kind === 'drop' && model.commitPages > 0) model.drop();
    else if (kind === 'grow') model.commit({ commit: model.commitPages + 3 });
    else model.mutate({ pagesMax: 12 });
  }

  readonly post: Post = (ltx) => this.#client.post(this.db, ltx);

  /** What it would send, going by a position that the server told: null when there is nothing to send. */
  async next(remote: string | undefined): Promise<Uint8Array | null> {
    const { model } = this;
    if (model.pos.txid === 0n || remote === formatPos(model.pos)) return null;
    if (remote === undefined) return model.snapshot();
    const from = model.transactions.findIndex(({ before }) => formatPos(before) === remote);
    if (from < 0) {
      this.losses.push(`the server is at ${remote}, which never was a position of the primary`);
      return null;
    }
    const files = model.transactions.slice(from, from + FILES_PER_POST_MAX);
    if (files.length === 1) return files[0]!.ltx;
    // LiteFS merges across a deletion too, as long as the page size stays.
    return collect(
      mergeLtx(
        files.map(({ ltx }) => sourceOf(ltx)),
        { compress: true },
      ),
    );
  }

  /** The server's position, as LiteFS is told it. */
  async position(): Promise<string | undefined> {
    return (await this.#client.positions())[this.db];
  }

  /** One pass: ask, send, hear. */
  async pass(post: Post = this.post): Promise<Answer | null> {
    const remote = await this.position();
    const ltx = await this.next(remote);
    if (ltx === null) return null;
    const answer = await post(ltx);
    if (answer !== null) this.hear(answer, ltx);
    return answer;
  }

  /** Takes an answer in. */
  hear(answer: Answer, ltx: Uint8Array): void {
    const maxTxid = new DataView(ltx.buffer, ltx.byteOffset).getBigUint64(24);
    if (answer.status === 200 && maxTxid > this.acknowledged) this.acknowledged = maxTxid;
    if (answer.status === 409) this.losses.push(`told of a mismatch: ${answer.body.toString()}`);
  }
}
