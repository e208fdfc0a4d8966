import { parentPort, workerData } from 'node:worker_threads';
import { LfsbError } from '../../errors/index.ts';
import { ImportTask } from './import-task.ts';
import type { FromImportWorker, ImportWorkerData, ToImportWorker } from './messages.ts';

/** The thread that encodes what is uploaded: several imports at once, each one's messages in their order. */
const port = parentPort;
if (port === null) throw new Error('the import worker runs as a worker thread');
const places = workerData as ImportWorkerData;

interface Running {
  readonly task: ImportTask;
  /** The end of all that was asked for so far. */
  done: Promise<void>;
  failed: boolean;
}

const imports = new Map<number, Running>();

const post = (message: FromImportWorker, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

port.on('message', (message: ToImportWorker) => {
  if (message.type === 'begin') begin(message);
  const running = imports.get(message.id);
  if (running === undefined) return;
  running.done = running.done.then(() => handle(message, running));
});

function begin(message: Extract<ToImportWorker, { type: 'begin' }>): void {
  const { id, pageSize, journalModeForced, check } = message;
  const task = new ImportTask({
    ...places,
    pageSize,
    journalModeForced,
    check,
    onSums: (part) => post({ type: 'sums', id, ...part }, [part.numbers.buffer, part.sums.buffer]),
  });
  imports.set(id, { task, done: Promise.resolve(), failed: false });
}

async function handle(message: ToImportWorker, running: Running): Promise<void> {
  const { id } = message;
  try {
    if (message.type === 'close') {
      imports.delete(id);
      await running.task.close(message.keep);
      post({ type: 'closed', id });
    } else if (!running.failed) {
      await work(message, running.task);
    }
  } catch (error) {
    running.failed = true;
    post({ type: 'failed', id, ...describe(error) });
  }
}

async function work(message: ToImportWorker, task: ImportTask): Promise<void> {
  const { id } = message;
  if (message.type === 'bytes') {
    await task.write(new Uint8Array(message.buffer, 0, message.length));
    post({ type: 'buffer', id, buffer: message.buffer }, [message.buffer]);
  } else if (message.type === 'end') {
    post({ type: 'encoded', id, ...(await task.end()) });
  } else if (message.type === 'recode') {
    post({ type: 'encoded', id, ...(await task.recode(message.journalModeForced)) });
  } else if (message.type === 'seal') {
    post({ type: 'sealed', id, ...(await task.seal(message.header)) });
  }
}

function describe(
  error: unknown,
): Pick<Extract<FromImportWorker, { type: 'failed' }>, 'code' | 'message' | 'stack'> {
  const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
  if (error instanceof LfsbError) return { code: error.code, message: error.message, stack };
  return { code: 'EINTERNAL', message: 'internal error', stack };
}
