import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Actor } from '../events/index.ts';

/** Answers 200 with JSON, indented by two as the protocol has it. */
export const sendJson = (reply: FastifyReply, value: unknown): FastifyReply =>
  reply.type('application/json').send(JSON.stringify(value, null, 2));

/** Who asks, for the record. */
export const actorOf = (request: FastifyRequest, cluster: string): Actor => ({
  cluster,
  token: 'anonymous',
  address: request.ip,
  request: request.id,
});
