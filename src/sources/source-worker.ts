import { setImmediate as turn } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { RecordFile } from './record-file.ts';
import { Source } from './source.ts';
import { IndexedState } from './stored-state.ts';
import {
  type Failure,
  type FromSourceWorker,
  fromFailure,
  PIECES_MAX,
  type SourceWorkerData,
  type ToSourceWorker,
  toFailure,
} from './thread-messages.ts';
import type { SourceTransaction } from './transaction.ts';

/** How often it is looked whether a checkpoint of the application waits, ms. */
const COURTESY_MS = 100;

const port = parentPort;
if (port === null) throw new Error('the source worker runs as a worker thread');
const { path, log, cluster, db, record, busyTimeoutMs, checkpoint } = workerData as SourceWorkerData;

const post = (message: FromSourceWorker, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

/** The transaction that is on its way to the other thread. */
let underway: {
  room: number;
  outcome: { readonly failure: Failure | null } | null;
  wake: () => void;
} | null = null;

async function publish(transaction: SourceTransaction): Promise<void> {
  const state = {
    room: PIECES_MAX,
    outcome: null as { readonly failure: Failure | null } | null,
    wake: () => {},
  };
  underway = state;
  const change = (): Promise<void> =>
    new Promise((resolve) => {
      state.wake = resolve;
    });
  post({ type: 'begin', kind: transaction.kind, header: transaction.header });
  try {
    for (const piece of transaction.pieces) {
      if (piece === null) await turn();
      while (piece !== null && state.room === 0 && state.outcome === null) await change();
      if (state.outcome !== null) break;
      if (piece !== null) send(piece, state);
    }
    if (state.outcome === null) post({ type: 'end' });
  } catch (error) {
    post({ type: 'broken', failure: toFailure(error) });
    while (state.outcome === null) await change();
    throw error;
  } finally {
    while (state.outcome === null) await change();
    underway = null;
  }
  if (state.outcome.failure !== null) throw fromFailure(state.outcome.failure);
}

/** What lies in a buffer of its own goes over as it is. */
function send(piece: Uint8Array, state: { room: number }): void {
  state.room -= 1;
  const isOwn = piece.byteOffset === 0 && piece.byteLength === piece.buffer.byteLength;
  const bytes = isOwn ? (piece as Uint8Array<ArrayBuffer>) : new Uint8Array(piece);
  post({ type: 'piece', bytes }, [bytes.buffer]);
}

const stored = IndexedState.open(log, cluster, db);
const source = new Source({
  ...{ path, stored, publish, busyTimeoutMs, checkpoint },
  record: new RecordFile(record),
  now: Date.now,
});

let syncing = false;
let closing = false;

async function sync(): Promise<void> {
  syncing = true;
  try {
    post({ type: 'synced', report: await source.sync() });
  } catch (error) {
    post({ type: 'failed', failure: toFailure(error) });
  } finally {
    syncing = false;
    if (closing) close();
  }
}

const courtesy = setInterval(() => {
  if (!syncing && source.isInTheWay) post({ type: 'wanted' });
}, COURTESY_MS);

function close(): void {
  closing = true;
  if (syncing) return;
  clearInterval(courtesy);
  source.close();
  stored.close();
  post({ type: 'closed' });
  port?.close();
}

port.on('message', (message: ToSourceWorker) => {
  if (message.type === 'sync') void sync();
  else if (message.type === 'close') close();
  else if (underway !== null) {
    if (message.type === 'room') underway.room += 1;
    else underway.outcome = { failure: message.failure };
    underway.wake();
  }
});
