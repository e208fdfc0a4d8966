import type { OutgoingHttpHeaders } from 'node:http';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { OpenedStream } from '../engine/streams/stream-pool.ts';
import type { Actor } from '../events/index.ts';

/** A client that takes nothing for so long has stalled, ms; a slow one moves its window within that. */
export const DOWNLOAD_SILENCE_MS_MAX = 600_000;

/** Answers 200 with JSON, indented by two as the protocol has it. */
export const sendJson = (reply: FastifyReply, value: unknown): FastifyReply =>
  sendJsonText(reply, JSON.stringify(value, null, 2));

/** Answers with JSON as it stands: as bytes, since to text fastify adds a charset, which JSON has not (RFC 8259). */
export const sendJsonText = (reply: FastifyReply, text: string): FastifyReply =>
  reply.type('application/json').send(Buffer.from(text));

/** Who asks, for the record. */
export const actorOf = (request: FastifyRequest, cluster: string): Actor => ({
  cluster,
  token: 'anonymous',
  address: request.ip,
  request: request.id,
});

/** A stream, and how much of its beginning it leaves out; null of a whole one. */
export interface SentStream extends OpenedStream {
  readonly leftOutBytes: number | null;
}

/**
 * Answers 200 with a stream, or 206 with the rest of one, at the client's pace. What fails after the first byte breaks the connection, so
 * that no client can take a part for the whole.
 * @throws LfsbError after the connection was broken
 */
export async function sendBytes(
  reply: FastifyReply,
  { stream, sizeBytes, leftOutBytes }: SentStream,
): Promise<void> {
  if (sizeBytes !== null) reply.header('content-length', sizeBytes - (leftOutBytes ?? 0));
  const isPart = sizeBytes !== null && leftOutBytes !== null;
  if (isPart) reply.header('content-range', `bytes ${leftOutBytes}-${sizeBytes - 1}/${sizeBytes}`);
  reply.hijack();
  reply.raw.writeHead(isPart ? 206 : 200, reply.getHeaders() as OutgoingHttpHeaders);
  await stream.pump(reply.raw);
}

/** Aborted when the client goes before it was answered. */
export function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
