import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Answer, WirePos } from '../http-client.ts';
import { HttpClient } from '../http-client.ts';
import { ServerProcess } from '../server-process.ts';
import { type Habit, type Made, Writer } from '../workload.ts';
import { straceCommand } from './trace.ts';

/** What a writer sends, and how often before the server is killed, and again after. */
const WRITERS: readonly { readonly habit: Habit; readonly sends: number }[] = [
  { habit: 'small', sends: 16 },
  { habit: 'small', sends: 16 },
  { habit: 'large', sends: 10 },
  { habit: 'wide', sends: 3 },
];

/** What is on its way to the disk when the last answer has come is there after this time, ms. */
const QUIET_MS = 300;

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

export interface Recording {
  readonly cluster: string;
  readonly dataPath: string;
  readonly runs: readonly Run[];
  /** All transactions of a database, the one with TXID 1 first. */
  readonly made: ReadonlyMap<string, readonly Made[]>;
  /** By request id, as the answer carries it. */
  readonly acknowledgements: ReadonlyMap<string, readonly Acknowledgement[]>;
}

export interface RecordingOptions {
  readonly strace: string;
  /** An empty folder: the data directory is made inside, traces go to `traceFolder`. */
  readonly base: string;
  readonly traceFolder: string;
  readonly seed: number;
  readonly synchronous: 'FULL' | 'NORMAL';
}

/**
 * Runs a server twice on one directory under strace, with load: from its first start until it is killed, and
 * from there until it is asked to stop.
 */
export async function record(options: RecordingOptions): Promise<Recording> {
  const { strace, base, traceFolder, seed, synchronous } = options;
  const dataPath = join(base, 'data');
  const made = new Map<string, Made[]>();
  const acknowledgements = new Map<string, Acknowledgement[]>();
  const cluster = 'power';
  const keep = (each: Made): void => {
    made.set(each.db, [...(made.get(each.db) ?? []), each]);
  };
  const writers = WRITERS.map(({ habit }, i) => new Writer(`${habit}-${i}.db`, habit, seed + i, keep));
  const runs: Run[] = [];
  for (const signal of ['SIGKILL', 'SIGTERM'] as const) {
    const trace = join(traceFolder, `${signal}.trace`);
    const server = ServerProcess.spawn({ dataPath, synchronous, under: straceCommand(strace, trace) });
    const client = new HttpClient(() => server.url, cluster, Number.POSITIVE_INFINITY);
    if (!(await server.ready())) throw new Error(`the server did not start: ${server.complaints}`);
    await load(client, writers, acknowledgements);
    client.close();
    // A write that a kill interrupts is seen to begin and not to end: nothing may be on its way.
    await sleep(QUIET_MS);
    await server.end(signal);
    const after = join(traceFolder, signal);
    cpSync(dataPath, after, { recursive: true });
    runs.push({ trace, after });
  }
  return { cluster, dataPath, runs, made, acknowledgements };
}

async function load(
  client: HttpClient,
  writers: readonly Writer[],
  acknowledgements: Map<string, Acknowledgement[]>,
): Promise<void> {
  const answer = await client.send('GET', '/pos');
  const positions = Object.entries(answer.json<Record<string, WirePos>>());
  const known = positions.map(([db, { TXID }]) => ({ db, txid: Number.parseInt(TXID, 16) }));
  acknowledgements.set(requestId(answer), known);
  const write = async (writer: Writer, sends: number): Promise<void> => {
    for (let i = 0; i < sends; i++) {
      const answered = await writer.sendOne(client);
      if (answered === null) throw new Error(`${writer.db}: the connection broke`);
      acknowledgements.set(requestId(answered), [{ db: writer.db, txid: Number(writer.acknowledged.txid) }]);
    }
  };
  await Promise.all(writers.map((writer, i) => write(writer, WRITERS[i]?.sends ?? 0)));
}

const requestId = ({ headers }: Answer): string => String(headers['x-request-id']);
