import { parentPort, workerData } from 'node:worker_threads';
import { LfsbError } from '../../errors/index.ts';
// Not the whole log: its schemas would take 9 MB of each thread.
import { openReadOnly } from '../../log/connection.ts';
import { chainTo, payloadBytes } from '../../projections/payloads.ts';
import { buildSnapshot } from '../snapshot/build.ts';
import { BufferRing } from './buffer-ring.ts';
import type { FromWorker, StreamWorkerData, ToWorker } from './messages.ts';

/** The thread that builds snapshots: several streams at once, each as fast as its reader takes it. */
const port = parentPort;
if (port === null) throw new Error('the stream worker runs as a worker thread');
const places = workerData as StreamWorkerData;
const connection = openReadOnly(places.database);
const streams = new Map<number, BufferRing>();

const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on('message', (message: ToWorker) => {
  const buffers = streams.get(message.id);
  if (message.type === 'open') void run(message);
  else if (message.type === 'start') buffers?.start();
  else if (message.type === 'taken') buffers?.give(message.buffer);
  else buffers?.cancel();
});

async function run({ id, request }: Extract<ToWorker, { type: 'open' }>): Promise<void> {
  const buffers = new BufferRing();
  streams.set(id, buffers);
  try {
    const built = await buildSnapshot(request, {
      ...places,
      payloadBytes: (seq) => payloadBytes(connection, seq),
      chainTo: (stream, pos) => chainTo(connection, stream, pos),
    });
    try {
      post({ type: 'ready', id, sizeBytes: built.sizeBytes });
      await send(id, built.chunks, buffers);
    } finally {
      await built.close();
    }
  } catch (error) {
    post({ type: 'failed', id, ...describe(error) });
  } finally {
    streams.delete(id);
  }
}

/** Sends chunks of one size: small ones together, large ones cut. */
async function send(id: number, chunks: AsyncIterable<Uint8Array>, buffers: BufferRing): Promise<void> {
  let buffer = await buffers.take();
  let filled = 0;
  const flush = async (): Promise<void> => {
    if (buffer === null) return;
    post({ type: 'chunk', id, buffer: buffer.buffer, length: filled }, [buffer.buffer]);
    buffer = await buffers.take();
    filled = 0;
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      if (buffer === null) return;
      const part = chunk.subarray(at, at + buffer.byteLength - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === buffer.byteLength) await flush();
    }
  }
  if (filled > 0) await flush();
  post({ type: 'end', id });
}

function describe(
  error: unknown,
): Pick<Extract<FromWorker, { type: 'failed' }>, 'code' | 'message' | 'stack'> {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof LfsbError) return { code: error.code, message: error.message, stack };
  return { code: 'EINTERNAL', message: 'internal error', stack };
}
