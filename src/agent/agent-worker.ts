import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createSystemClock } from '../engine/system-clock.ts';
import { createLogger } from '../logging.ts';
import { DatabaseLoop } from './database-loop.ts';
import type { Behind, FromAgentWorker, ToAgentWorker } from './messages.ts';
import { LOOK_MS_MIN } from './schedule.ts';
import { type AgentWorkerData, planOf } from './worker-data.ts';

/** How often the other thread is told how all fare, ms. */
const REPORT_MS = 1_000;

/** How long the last sync may take at an end, ms; what is left is taken up by the next start. */
const FLUSH_MS_MAX = 30_000;

/** The thread that reads live files, keeps their logs and speaks to replicas: it blocks where SQLite does. */
const port = parentPort;
if (port === null) throw new Error('the agent runs as a worker thread');
const { databases, logging, version, bootId, once } = workerData as AgentWorkerData;
const log = createLogger({
  level: logging.level,
  format: logging.format,
  ...(logging.stderr && { destination: process.stderr }),
});
const clock = createSystemClock();
const loops = databases.map((data) => new DatabaseLoop(planOf(data, log), { version, clock, bootId, log }));
const post = (message: FromAgentWorker): void => port.postMessage(message);
const stopping = new AbortController();

port.on('message', ({ reason }: ToAgentWorker) => stopping.abort(reason));
await Promise.all(
  loops.map((loop) => (once ? undefined : keepGoing(loop))).concat(once ? [] : [keepReporting()]),
);
const behind = await Promise.all(loops.map(end));
await report();
post({ type: 'stopped', behind: behind.filter(({ replicas }) => replicas.length > 0) });
port.close();

async function keepGoing(loop: DatabaseLoop): Promise<void> {
  while (!stopping.signal.aborted) {
    await loop.step();
    const left = loop.dueAt - clock().monotonic;
    await pause(Math.max(LOOK_MS_MIN, Math.min(left, REPORT_MS)));
  }
}

async function keepReporting(): Promise<void> {
  while (!stopping.signal.aborted) {
    await report();
    await pause(REPORT_MS);
  }
}

async function report(): Promise<void> {
  post({ type: 'reports', reports: await Promise.all(loops.map((loop) => loop.report())) });
}

async function pause(ms: number): Promise<void> {
  await sleep(ms, undefined, { signal: stopping.signal }).catch((error: unknown) => {
    if (!stopping.signal.aborted) throw error;
  });
}

async function end(loop: DatabaseLoop): Promise<Behind> {
  const { path, replicas } = loop.plan;
  const late = new AbortController();
  const names = await Promise.race([
    loop.flush(),
    sleep(FLUSH_MS_MAX, null, { signal: late.signal }).then(() => replicas.map(({ name }) => name)),
  ]);
  late.abort();
  await loop.close(once ? 'synced once' : String(stopping.signal.reason));
  return { path, replicas: names };
}
