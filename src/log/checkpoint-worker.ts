import { parentPort, workerData } from 'node:worker_threads';
import type { CheckpointRequest, CheckpointWorkerData } from './checkpoint-thread.ts';
import { checkpoint } from './checkpointer.ts';
import { openConnection } from './connection.ts';

const port = parentPort;
if (port === null) throw new Error('this is the entry of a worker thread');

const { path, underway } = workerData as CheckpointWorkerData;
const flag = new Int32Array(underway);
const sql = openConnection({ path, walAutocheckpointPages: 0 });

port.on('message', (request: CheckpointRequest) => {
  if (request === 'close') {
    sql.db.close();
    port.close();
    return;
  }
  try {
    checkpoint(sql, 'PASSIVE');
  } finally {
    Atomics.store(flag, 0, 0);
    Atomics.notify(flag, 0);
  }
});
