import { parentPort, workerData } from 'node:worker_threads';
import { LfsbError } from '../../errors/index.ts';
import { openReadOnly } from '../../log/index.ts';
import { payloadBytes } from '../../projections/payloads.ts';
import { buildSnapshot } from '../snapshot/build.ts';
import { Credit } from './credit.ts';
import { type FromWorker, STREAM_CHUNK_BYTES, type StreamWorkerData, type ToWorker } from './messages.ts';

/** The thread that builds snapshots: several streams at once, each as fast as its reader takes it. */
const port = parentPort;
if (port === null) throw new Error('the stream worker runs as a worker thread');
const places = workerData as StreamWorkerData;
const connection = openReadOnly(places.database);
const streams = new Map<number, Credit>();

const post = (message: FromWorker, transfer: ArrayBuffer[] = []): void => port.postMessage(message, transfer);

port.on('message', (message: ToWorker) => {
  if (message.type === 'open') void run(message);
  else if (message.type === 'credit') streams.get(message.id)?.add(message.chunks);
  else streams.get(message.id)?.cancel();
});

async function run({ id, request }: Extract<ToWorker, { type: 'open' }>): Promise<void> {
  const credit = new Credit();
  streams.set(id, credit);
  try {
    const built = await buildSnapshot(request, {
      ...places,
      payloadBytes: (seq) => payloadBytes(connection, seq),
    });
    try {
      post({ type: 'ready', id, sizeBytes: built.sizeBytes });
      await send(id, built.chunks, credit);
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
async function send(id: number, chunks: AsyncIterable<Uint8Array>, credit: Credit): Promise<void> {
  let buffer = new Uint8Array(STREAM_CHUNK_BYTES);
  let filled = 0;
  const flush = async (): Promise<boolean> => {
    if (!(await credit.take())) return false;
    const bytes = filled === buffer.byteLength ? buffer : buffer.slice(0, filled);
    post({ type: 'chunk', id, bytes }, [bytes.buffer]);
    buffer = new Uint8Array(STREAM_CHUNK_BYTES);
    filled = 0;
    return true;
  };
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const part = chunk.subarray(at, at + buffer.byteLength - filled);
      buffer.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
      if (filled === buffer.byteLength && !(await flush())) return;
    }
  }
  if (filled > 0 && !(await flush())) return;
  post({ type: 'end', id });
}

function describe(
  error: unknown,
): Pick<Extract<FromWorker, { type: 'failed' }>, 'code' | 'message' | 'stack'> {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof LfsbError) return { code: error.code, message: error.message, stack };
  return { code: 'EINTERNAL', message: 'internal error', stack };
}
