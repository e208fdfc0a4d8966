import { closeSync, cpSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CHECKPOINT_PAGES } from '../../../src/log/checkpointer.ts';
import type { Answer, WirePos } from '../http-client.ts';
import { HttpClient } from '../http-client.ts';
import { ServerProcess } from '../server-process.ts';
import { type Habit, type Made, Writer } from '../workload.ts';
import { straceCommand } from './trace.ts';

const CLUSTER = 'power';

/** What a writer sends, and how often in each run. */
const WRITERS: readonly { readonly habit: Habit; readonly sends: number }[] = [
  { habit: 'medium', sends: 12 },
  { habit: 'small', sends: 14 },
  { habit: 'small', sends: 14 },
  { habit: 'large', sends: 8 },
  { habit: 'wide', sends: 3 },
];

/** What is on its way to the disk when the last answer has come is there after this time, ms. */
const QUIET_MS = 300;

/** A WAL's header, and what each frame of 4 KiB takes. */
const WAL_HEADER_BYTES = 32;
const WAL_FRAME_BYTES = 24 + 4096;

/** Transactions until the WAL must have started over. */
const TRICKLE_MAX = 250;

/** A request's answer said that a database is at a TXID. */
export interface Acknowledgement {
  readonly db: string;
  readonly txid: number;
}

/** One start of the server: what it did, and a copy of the data directory after its end. */
export interface Run {
  readonly trace: string;
  readonly after: string;
}

export interface RecordingOptions {
  readonly strace: string;
  /** An empty folder: the data directory is made inside. */
  readonly base: string;
  readonly traceFolder: string;
  readonly seed: number;
  readonly synchronous: 'FULL' | 'NORMAL';
}

/**
 * A server under strace, with load, three times on one directory: from its first start until it is asked to stop,
 * from there until it is killed, its WAL having started over once, and from what that left until it is stopped.
 */
export class Recording {
  readonly cluster = CLUSTER;
  readonly runs: Run[] = [];
  /** All transactions of a database, the one with TXID 1 first. */
  readonly made = new Map<string, Made[]>();
  /** By request id, as the answer carries it. */
  readonly acknowledgements = new Map<string, readonly Acknowledgement[]>();
  readonly #options: RecordingOptions;
  readonly #dataPath: string;
  readonly #writers: Writer[];

  private constructor(options: RecordingOptions) {
    this.#options = options;
    this.#dataPath = join(options.base, 'data');
    const keep = (each: Made): void => {
      this.made.set(each.db, [...(this.made.get(each.db) ?? []), each]);
    };
    this.#writers = WRITERS.map(
      ({ habit }, i) => new Writer(`${habit}-${i}.db`, habit, options.seed + i, keep),
    );
  }

  static async make(options: RecordingOptions): Promise<Recording> {
    const recording = new Recording(options);
    await recording.#run('SIGTERM', async () => {});
    await recording.#run('SIGKILL', (client) => recording.#untilWalStartsOver(client));
    await recording.#run('SIGTERM', async () => {});
    return recording;
  }

  async #run(signal: 'SIGKILL' | 'SIGTERM', more: (client: HttpClient) => Promise<void>): Promise<void> {
    const { strace, traceFolder, synchronous } = this.#options;
    const trace = join(traceFolder, `${this.runs.length}.trace`);
    const under = straceCommand(strace, trace);
    const server = ServerProcess.spawn({ dataPath: this.#dataPath, synchronous, under });
    const client = new HttpClient(() => server.url, CLUSTER, Number.POSITIVE_INFINITY);
    if (!(await server.ready())) throw new Error(`the server did not start: ${server.complaints}`);
    await this.#load(client);
    await more(client);
    client.close();
    // A write that a kill interrupts is seen to begin and not to end: nothing may be on its way.
    await sleep(QUIET_MS);
    await server.end(signal);
    const after = join(traceFolder, `${this.runs.length}.after`);
    cpSync(this.#dataPath, after, { recursive: true });
    this.runs.push({ trace, after });
  }

  async #load(client: HttpClient): Promise<void> {
    const answer = await client.send('GET', '/pos');
    const positions = Object.entries(answer.json<Record<string, WirePos>>());
    const known = positions.map(([db, { TXID }]) => ({ db, txid: Number.parseInt(TXID, 16) }));
    this.acknowledgements.set(requestId(answer), known);
    const write = async (writer: Writer, sends: number): Promise<void> => {
      for (let i = 0; i < sends; i++) await this.#send(client, writer);
    };
    await Promise.all(this.#writers.map((writer, i) => write(writer, WRITERS[i]?.sends ?? 0)));
  }

  async #send(client: HttpClient, writer: Writer): Promise<void> {
    const answered = await writer.sendOne(client);
    if (answered === null) throw new Error(`${writer.db}: the connection broke`);
    const txid = Number(writer.acknowledged.txid);
    this.acknowledgements.set(requestId(answered), [{ db: writer.db, txid }]);
  }

  /** One after another, and slowly once a checkpoint is due: it must come to its end before the next commit. */
  async #untilWalStartsOver(client: HttpClient): Promise<void> {
    const wal = join(this.#dataPath, 'lfsb.db-wal');
    const [writer] = this.#writers;
    const header = headerOf(wal);
    for (let sent = 0; headerOf(wal) === header; sent++) {
      if (sent === TRICKLE_MAX || writer === undefined) throw new Error('the WAL did not start over');
      await this.#send(client, writer);
      const isDue = statSync(wal).size > (CHECKPOINT_PAGES - 60) * WAL_FRAME_BYTES;
      if (isDue) await sleep(QUIET_MS);
    }
    await this.#load(client);
  }
}

const requestId = ({ headers }: Answer): string => String(headers['x-request-id']);

function headerOf(wal: string): string {
  const file = openSync(wal, 'r');
  const header = Buffer.alloc(WAL_HEADER_BYTES);
  readSync(file, header, 0, WAL_HEADER_BYTES, 0);
  closeSync(file);
  return header.toString('hex');
}
