import { parentPort, workerData } from 'node:worker_threads';
// Not the whole log and its events: their schemas would take 9 MB.
import { formatHead } from '../../events/chain.ts';
import { openReadOnly } from '../../log/connection.ts';
import { readHead } from '../../log/head.ts';
import { payloadBytes } from '../../projections/payloads.ts';
import { FRESH_BYTES_MAX, FreshFiles, freshDirectory } from './fresh-files.ts';
import { failureOf } from './job-error.ts';
import { LocalJobs } from './local-jobs.ts';
import type { FromStorageWorker, StorageWorkerData, ToStorageWorker } from './messages.ts';
import { openReplicas } from './open-replicas.ts';
import { LocalSealingJobs } from './seal-local-jobs.ts';
import { STORAGE_WORKERS } from './worker-limits.ts';

/** The thread that plans, merges and speaks to replicas: it reads the log and never writes it. */
const port = parentPort;
if (port === null) throw new Error('the storage worker runs as a worker thread');
const data = workerData as StorageWorkerData;
const { database, spoolDirectory, cacheDirectory } = data;
const sql = openReadOnly(database);
const places = {
  sql,
  cacheDirectory,
  replicas: openReplicas(data, (state) => port.postMessage(state satisfies FromStorageWorker)),
  logHead: () => formatHead(readHead(sql)),
};
const jobs = new LocalJobs({
  ...places,
  spoolDirectory,
  payloadBytes: (seq) => payloadBytes(sql, seq),
  fresh: new FreshFiles(freshDirectory(cacheDirectory), FRESH_BYTES_MAX / STORAGE_WORKERS),
});
const sealing = new LocalSealingJobs({ ...places, database });

port.on('message', (message: ToStorageWorker) => {
  const { id } = message;
  const answer = (reply: FromStorageWorker): void => port.postMessage(reply);
  run(message).then(
    (value) => answer({ id, ok: true, value }),
    (error: unknown) => answer({ id, ok: false, failure: failureOf(error) }),
  );
});

function run(message: ToStorageWorker): Promise<unknown> {
  switch (message.type) {
    case 'plan':
      return jobs.plan(message.task);
    case 'build':
      return jobs.build(message.task);
    case 'putSmall':
      return jobs.putSmall(message.replica, message.key, message.text);
    case 'remove':
      return jobs.remove(message.replica, message.keys);
    case 'list':
      return jobs.list(message.replica, message.prefix, message.limit);
    case 'look':
      return jobs.look(message.file);
    case 'sweep':
      return jobs.sweep(message.replica, message.beforeMs);
    case 'ask':
      return jobs.ask(message.replica);
    case 'cutSegment':
      return sealing.cutSegment(message.segment);
    case 'putSegment':
      return sealing.putSegment(message.segment);
    case 'makeCheckpoint':
      return sealing.makeCheckpoint();
    case 'putCheckpoint':
      return sealing.putCheckpoint(message.replica, message.seq);
    case 'readSegment':
      return sealing.read(message.request);
  }
}
