import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { formatTimestamp } from '../../engine/restore/timestamp.ts';
import type { VerifyRequest, VerifyStep } from '../../engine/verify/verify-service.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatChecksum, formatTxid } from '../../ltx/index.ts';
import type { HttpDependencies } from '../dependencies.ts';
import { toLfsbError } from '../errors.ts';
import { clusterOf, databaseOf, pointOf, queryOf } from '../params.ts';
import { actorOf, DOWNLOAD_SILENCE_MS_MAX, goneSignal } from '../reply.ts';

/** A client hears at least so often that the drill goes on, ms: proxies end what is silent for a minute. */
const HEARTBEAT_MS = 15_000;

/**
 * `POST /v1/db/verify`: a restore drill, told a line of JSON at a time as it goes on. The status says that it began;
 * the last line is the verdict, or an error: an answer without one broke off.
 */
export function verifyRoutes(app: FastifyInstance, { engine, log }: HttpDependencies): void {
  const running = new Set<AbortController>();
  app.addHook('preClose', async () => {
    for (const each of running) each.abort();
  });
  app.post('/v1/db/verify', async (request, reply) => {
    const cluster = clusterOf(request);
    const db = databaseOf(request);
    const query = drillQueryOf(request);
    const stopping = new AbortController();
    running.add(stopping);
    const signal = AbortSignal.any([goneSignal(reply), stopping.signal]);
    const steps = engine.verify({ cluster, db, query, actor: actorOf(request, cluster), signal });
    try {
      // What is refused is refused with a status of its own.
      const first = await steps.next();
      begin(request, reply);
      for (let step = first; !step.done; step = await heard(reply.raw, steps.next())) {
        await send(reply.raw, shown(step.value));
      }
    } catch (error) {
      if (!reply.raw.headersSent) throw error;
      const { code, message } = toLfsbError(error);
      if (code === 'EINTERNAL') log.error({ err: error, cluster, db, request: request.id }, 'drill failed');
      if (!reply.raw.destroyed) await send(reply.raw, { kind: 'error', code, error: message });
    } finally {
      running.delete(stopping);
      await steps.return();
    }
    reply.raw.end();
    return reply;
  });
}

function drillQueryOf(request: FastifyRequest): VerifyRequest['query'] {
  const point = pointOf(request);
  const { all } = queryOf(request);
  if (all === undefined) return point;
  if (point === null) return 'all';
  throw new LfsbError('EBADINPUT', "can't specify 'all' with 'txid' or 'timestamp'");
}

function begin(request: FastifyRequest, reply: FastifyReply): void {
  request.raw.socket.setTimeout(DOWNLOAD_SILENCE_MS_MAX);
  reply.type('application/x-ndjson').header('cache-control', 'no-store').header('x-accel-buffering', 'no');
  reply.hijack();
  reply.raw.writeHead(200, reply.getHeaders() as OutgoingHttpHeaders);
}

async function send(out: ServerResponse, line: object): Promise<void> {
  if (out.write(`${JSON.stringify(line)}\n`) || out.destroyed) return;
  await Promise.race([once(out, 'drain'), once(out, 'close')]);
}

/** Waits for something, and lets the client hear that it is being waited for. */
async function heard<T>(out: ServerResponse, pending: Promise<T>): Promise<T> {
  const timer = setInterval(() => out.write('{"kind":"working"}\n'), HEARTBEAT_MS);
  try {
    return await pending;
  } finally {
    clearInterval(timer);
  }
}

function shown(step: VerifyStep): object {
  if (step.kind === 'begun') return step;
  if (step.kind === 'point') {
    const { txid, checksum, timestamp, files, failure } = step.point;
    return {
      kind: 'point',
      replica: step.replica,
      txid: formatTxid(txid),
      timestamp: formatTimestamp(timestamp),
      checksum: formatChecksum(checksum),
      files,
      ...(failure === null ? { ok: true } : { ok: false, code: failure.code, error: failure.message }),
    };
  }
  const { outcome, points, failed, replicas, files, bytes, durationMs, failure } = step.body;
  const facts = { points, failed, replicas, files, bytes: Number(bytes), durationMs, event: step.seq };
  const why = failure === null ? {} : { code: failure.code, error: failure.message };
  return { kind: 'verdict', ok: outcome === 'passed', ...facts, ...why };
}
