import { randomUUID } from 'node:crypto';
import Fastify, { type FastifyInstance } from 'fastify';
import { LfsbError } from '../errors/index.ts';
import type { HttpDependencies } from './dependencies.ts';
import { sendError, toLfsbError } from './errors.ts';
import { metricsRoutes } from './metrics.ts';
import { clockRoutes } from './routes/clock.ts';
import { deleteRoutes } from './routes/delete.ts';
import { healthRoutes } from './routes/health.ts';
import { infoRoutes } from './routes/info.ts';
import { logRoutes } from './routes/log.ts';
import { positionRoutes } from './routes/pos.ts';
import { restoreRoutes } from './routes/restore.ts';
import { snapshotRoutes } from './routes/snapshot.ts';
import { statusRoutes } from './routes/status.ts';
import { transactionRoutes } from './routes/tx.ts';
import { uploadRoutes } from './routes/upload.ts';
import { verifyRoutes } from './routes/verify.ts';

/** LiteFS polls every 10 s, up to 17 s under load, on one connection: it must outlive that, ms. */
export const KEEP_ALIVE_MS = 75_000;

/** How long a client may take to send a request's headers, ms. */
export const HEADERS_MS_MAX = 60_000;

/** Bytes of one header block. */
export const HEADER_BYTES_MAX = 16 * 1024;

/** Open connections. Beyond, new ones are dropped until others end. */
export const CONNECTIONS_MAX = 2_048;

/** The HTTP door: routes, limits and the mapping of errors. Listening is left to the caller. */
export function createHttpServer(dependencies: HttpDependencies): FastifyInstance {
  const app = Fastify({
    logger: false,
    genReqId: () => randomUUID(),
    // A first snapshot may take longer than any fixed time: stalled bodies are found by their silence.
    requestTimeout: 0,
    connectionTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_MS_MAX, maxHeaderSize: HEADER_BYTES_MAX },
    routerOptions: { caseSensitive: true, ignoreTrailingSlash: false, maxParamLength: 512 },
    exposeHeadRoutes: false,
    return503OnClosing: true,
    forceCloseConnections: 'idle',
    clientErrorHandler: (_error, socket) => {
      if (socket.writable) socket.end(BAD_REQUEST);
      else socket.destroy();
    },
    frameworkErrors: (error, request, reply) => {
      // No hook runs for these.
      reply.header('x-request-id', request.id);
      void sendError(request, reply, toLfsbError(error));
    },
  });
  app.server.maxConnections = CONNECTIONS_MAX;
  takeBodiesAsStreams(app);
  handleErrors(app, dependencies);
  for (const routes of ROUTES) routes(app, dependencies);
  return app;
}

const ROUTES = [
  metricsRoutes,
  positionRoutes,
  transactionRoutes,
  snapshotRoutes,
  infoRoutes,
  restoreRoutes,
  uploadRoutes,
  deleteRoutes,
  verifyRoutes,
  statusRoutes,
  logRoutes,
  clockRoutes,
  healthRoutes,
];

const BAD_REQUEST_BODY = `${JSON.stringify({ code: 'EBADINPUT', error: 'not an HTTP/1.1 request' })}\n`;
const BAD_REQUEST = [
  'HTTP/1.1 400 Bad Request',
  'Connection: close',
  'Content-Type: application/json',
  `Content-Length: ${Buffer.byteLength(BAD_REQUEST_BODY)}`,
  '',
  BAD_REQUEST_BODY,
].join('\r\n');

/** LiteFS sends no content type, curl sends one of its own: a body is bytes whatever it is called. */
function takeBodiesAsStreams(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ raw }) => {
    // One that cannot be parsed would be an error of its own.
    delete raw.headers['content-type'];
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', (_request, payload, done) => done(null, payload));
}

function handleErrors(app: FastifyInstance, { log, reporter }: HttpDependencies): void {
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
  });
  app.setErrorHandler((thrown, request, reply) => {
    const error = toLfsbError(thrown);
    if (error.code === 'EINTERNAL' || error.code === 'ECORRUPT') {
      log.error({ err: error.cause ?? error, request: request.id, url: request.url }, 'request failed');
      reporter.report(error.cause ?? error, { request: request.id, route: request.routeOptions.url ?? '' });
    }
    if (reply.raw.headersSent) {
      reply.raw.destroy();
      return reply;
    }
    return sendError(request, reply, error);
  });
  app.setNotFoundHandler((request, reply) => {
    const other = ['GET', 'POST', 'DELETE'].find(
      (method) => method !== request.method && app.hasRoute({ method, url: pathOf(request.url) }),
    );
    const error =
      other === undefined
        ? new LfsbError('ENOROUTE', `no such endpoint: ${pathOf(request.url)}`)
        : new LfsbError('EBADMETHOD', `${pathOf(request.url)} takes ${other}, not ${request.method}`);
    if (other !== undefined) reply.header('allow', other);
    return sendError(request, reply, error);
  });
}

const pathOf = (url: string): string => url.split('?', 1)[0] ?? url;
