import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { CheckpointThread } from './checkpoint-thread.ts';
import { WalKeeper, type WalState } from './checkpointer.ts';
import { toShape } from './error-shape.ts';
import type { Handlers, HandlersModule } from './handlers.ts';
import { type Log, openLog } from './open.ts';
import { WriterLoop } from './writer-loop.ts';
import type { WriterReply, WriterWorkerData } from './writer-messages.ts';

const port = parentPort;
if (port === null) throw new Error('this is the entry of a worker thread');
const reply = (message: WriterReply): void => port.postMessage(message);

const data = workerData as WriterWorkerData;

try {
  const module = (await import(data.handlers)) as HandlersModule;
  const log = openLog({
    path: data.path,
    synchronous: data.synchronous,
    walAutocheckpointPages: 0,
    projections: module.projections,
    now: data.now,
    ...(data.migrations !== undefined && { migrations: data.migrations }),
  });
  serve(port, log, module.createHandlers(log.context, data.options));
  reply({ kind: 'opened', opened: { head: log.store.head(), ...log.opened } });
} catch (error) {
  reply({ kind: 'failed', error: toShape(error) });
  // The thread's end closes the database, if it was opened.
  port.close();
}

function serve(requests: MessagePort, log: Log, handlers: Handlers): void {
  // Without checkpoints the WAL would grow until the disk is full: better to stop.
  const checkpointer = new CheckpointThread(data.path, (error) => {
    throw error;
  });
  const warn = (wal: WalState): void =>
    reply({ kind: 'warning', message: `a reader keeps the WAL from starting over at ${wal.log} pages` });
  const keeper = new WalKeeper(log.sql, checkpointer, warn);
  const close = (): void => {
    requests.removeAllListeners('message');
    checkpointer.close(() => {
      log.close();
      requests.close();
    });
  };
  const groupCommit = log.groupCommit(handlers);
  new WriterLoop({ port: requests, log, groupCommit, afterBatch: () => keeper.afterBatch(), close }).start();
}
