import { parentPort, workerData } from 'node:worker_threads';
import { whilePolling } from './bulk.mjs';

// Polls in a thread of its own: what the load does to the thread it is in does not count.
const { url, path, everyMs } = workerData;
const { polls } = await whilePolling(
  url,
  everyMs,
  () => new Promise((resolve) => parentPort.once('message', () => resolve({}))),
  path,
);
parentPort.postMessage(polls);
