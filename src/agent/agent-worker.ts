import { once as happened, setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { parentPort, workerData } from 'node:worker_threads';
import { createSystemClock } from '../engine/system-clock.ts';
import { createLogger } from '../logging.ts';
import { DatabaseLoop } from './database-loop.ts';
import { planOf } from './make-plan.ts';
import type { Behind, FromAgentWorker, ToAgentWorker } from './messages.ts';
import { LOOK_MS_MIN } from './schedule.ts';
import type { AgentWorkerData } from './worker-data.ts';

/** How often the other thread is told how all fare, ms. */
const REPORT_MS = 1_000;

/** How long the last sync may take once we are told to stop, ms; what is left is taken up by the next start. */
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
// Each loop waits for it.
setMaxListeners(2 * (loops.length + 1), stopping.signal);

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
    await untilDue(loop);
  }
}

/** A part of the time until a step is due, in small parts where the application may come to wait for one. */
async function untilDue(loop: DatabaseLoop): Promise<void> {
  const begun = clock().monotonic;
  const end = begun + Math.max(LOOK_MS_MIN, Math.min(loop.dueAt - begun, REPORT_MS));
  do {
    const left = end - clock().monotonic;
    await pause(loop.isWatched ? Math.min(left, LOOK_MS_MIN) : left);
  } while (!stopping.signal.aborted && clock().monotonic < end && !loop.isAwaited());
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
  const ended = new AbortController();
  const names = await Promise.race([loop.flush(), tooLate(ended.signal).then(() => behindOf(loop))]);
  ended.abort();
  const { trouble } = await loop.report();
  await loop.close(stopping.signal.aborted ? String(stopping.signal.reason) : 'synced once');
  return { path: loop.plan.path, replicas: names, trouble };
}

/** Names of the replicas that do not have all, while a flush is under way. */
async function behindOf(loop: DatabaseLoop): Promise<string[]> {
  const { txid, trouble, replicas } = await loop.report();
  const whole = trouble === null ? replicas.filter((replica) => replica.txid === txid) : [];
  const stored = whole.map(({ name }) => name);
  return loop.plan.replicas.map(({ name }) => name).filter((name) => !stored.includes(name));
}

/** Resolves a while after a stop; one that syncs once is in no hurry before. Never, when `ended` comes first. */
async function tooLate(ended: AbortSignal): Promise<void> {
  try {
    if (!stopping.signal.aborted) await happened(stopping.signal, 'abort', { signal: ended });
    await sleep(FLUSH_MS_MAX, undefined, { signal: ended });
  } catch (error) {
    if (!ended.aborted) throw error;
    await new Promise(() => {});
  }
}
