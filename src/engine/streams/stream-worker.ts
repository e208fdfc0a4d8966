import { parentPort, workerData } from 'node:worker_threads';
import { loadCatalogue } from '../../compactor/run/catalogue.ts';
import { FreshFiles, freshDirectory } from '../../compactor/run/fresh-files.ts';
import { openReplicas } from '../../compactor/run/open-replicas.ts';
import { LfsbError } from '../../errors/index.ts';
// Not the whole log: its schemas would take 9 MB of each thread.
import { openReadOnly } from '../../log/connection.ts';
import { payloadBytes } from '../../projections/payloads.ts';
import { RestoreHost } from '../restore/restore-host.ts';
import { buildSnapshot, type SnapshotPlaces } from '../snapshot/build.ts';
import { chainOf } from '../snapshot/chain.ts';
import { DrilledFiles } from '../snapshot/drilled-files.ts';
import type { DrillPlaces } from '../verify/drill-task.ts';
import { BufferRing } from './buffer-ring.ts';
import type { FromWorker, StreamWorkerData, ToWorker } from './messages.ts';

/** The thread that builds snapshots and restores: several at once, each stream as fast as its reader takes it. */
const port = parentPort;
if (port === null) throw new Error('the stream worker runs as a worker thread');
const places = workerData as StreamWorkerData;
const connection = openReadOnly(places.database);
const replicaNames = places.replicas.map(({ name }) => name);
const sources: SnapshotPlaces & DrillPlaces = {
  ...places,
  payloadBytes: (seq) => payloadBytes(connection, seq),
  replicas: openReplicas(places, (state) => post(state), { mustBeThere: true }),
  fresh: new FreshFiles(freshDirectory(places.cacheDirectory)),
  drills: new DrilledFiles(connection, Date.now),
  chainTo: (...of) => chainOf(connection, ...of, replicaNames),
  onAvoided: (source, { code, message }) => post({ type: 'avoided', id: 0, source, code, message }),
  catalogueOf: (cluster, db) => loadCatalogue(connection, cluster, db),
};
const streams = new Map<number, BufferRing>();
const restores = new Map<number, Restore>();

/** A restore, and the end of all that was asked of it so far. */
interface Restore {
  readonly host: RestoreHost;
  done: Promise<void>;
}

const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on('message', (message: ToWorker) => {
  const buffers = streams.get(message.id);
  if (message.type === 'open') void run(message);
  else if (message.type === 'start') buffers?.start();
  else if (message.type === 'taken') buffers?.give(message.buffer);
  else if (message.type === 'ask') ask(message);
  else if (message.type === 'staged') restores.get(message.id)?.host.staged();
  else (restores.get(message.id)?.host ?? buffers)?.cancel();
});

function ask({ id, question }: Extract<ToWorker, { type: 'ask' }>): void {
  const restore = restores.get(id) ?? { host: hostOf(id), done: Promise.resolve() };
  restores.set(id, restore);
  restore.done = restore.done.then(async () => {
    if (await restore.host.ask(question)) restores.delete(id);
  });
}

const hostOf = (id: number): RestoreHost =>
  new RestoreHost(sources, {
    answer: (answer) => post({ type: 'answer', id, answer }),
    sums: (part) => post({ type: 'sums', id, ...part }, [part.numbers.buffer, part.sums.buffer]),
    failed: (error) => post({ type: 'failed', id, ...describe(error) }),
  });

async function run({ id, request, leftOutBytes }: Extract<ToWorker, { type: 'open' }>): Promise<void> {
  const buffers = new BufferRing();
  streams.set(id, buffers);
  try {
    const built = await buildSnapshot(request, sources);
    try {
      post({ type: 'ready', id, sizeBytes: built.sizeBytes });
      await send(id, built.chunks, buffers, leftOutBytes);
    } finally {
      await built.close();
    }
  } catch (error) {
    post({ type: 'failed', id, ...describe(error) });
  } finally {
    streams.delete(id);
  }
}

/** Sends chunks of one size, small ones together and large ones cut, behind the first `leftOut` bytes. */
async function send(
  id: number,
  chunks: AsyncIterable<Uint8Array>,
  buffers: BufferRing,
  leftOut: number,
): Promise<void> {
  let buffer = await buffers.take();
  let filled = 0;
  const flush = (isLast: boolean): void => {
    if (buffer !== null) {
      post({ type: 'chunk', id, buffer: buffer.buffer, length: filled, isLast }, [buffer.buffer]);
    }
    filled = 0;
  };
  for await (const chunk of chunks) {
    if (buffers.isCancelled) return;
    let at = Math.min(leftOut, chunk.byteLength);
    leftOut -= at;
    while (at < chunk.byteLength) {
      if (filled === buffer?.byteLength) {
        flush(false);
        buffer = await buffers.take();
      }
      if (buffer === null) return;
      const part = chunk.subarray(at, at + buffer.byteLength - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
    }
  }
  if (filled > 0) flush(true);
  else post({ type: 'end', id });
}

function describe(
  error: unknown,
): Pick<Extract<FromWorker, { type: 'failed' }>, 'code' | 'message' | 'stack'> {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof LfsbError) return { code: error.code, message: error.message, stack };
  return { code: 'EINTERNAL', message: 'internal error', stack };
}
