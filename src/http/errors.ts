import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';
import type { Refusal } from '../commands/refusal.ts';
import { type ErrorCode, LfsbError, statusOf } from '../errors/index.ts';
import { formatChecksum, formatTxid } from '../ltx/index.ts';
import { drain } from './drain.ts';
import { sendJsonText } from './reply.ts';

/** Errors of the HTTP layer itself, by their code in fastify or Node. */
const TRANSPORT_CODES: Readonly<Record<string, ErrorCode>> = {
  FST_ERR_BAD_URL: 'EBADINPUT',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'EBADINPUT',
  FST_ERR_CTP_BODY_TOO_LARGE: 'ETOOLARGE',
  FST_ERR_VALIDATION: 'EBADINPUT',
  FST_ERR_MAX_PARAM_LENGTH_EXCEEDED: 'EBADINPUT',
};

/** The protocol's error body: `{"code","error"[,"pos"]}`, in one line. */
export interface ErrorBody {
  readonly code: ErrorCode;
  readonly error: string;
  readonly hint?: string;
  readonly [field: string]: unknown;
}

/** Any thrown value as an error of the catalogue. What is not known is EINTERNAL, and its text stays here. */
export function toLfsbError(error: unknown): LfsbError {
  if (error instanceof LfsbError) return error;
  const { code, message } = (error ?? {}) as Partial<FastifyError>;
  const known = code === undefined ? undefined : TRANSPORT_CODES[code];
  if (known !== undefined) return new LfsbError(known, message ?? 'bad request', { cause: error });
  return new LfsbError('EINTERNAL', 'internal error', { cause: error });
}

/** A refusal of the core as an error to answer with. */
export function toError(refusal: Refusal): LfsbError {
  const fields: Record<string, unknown> = {};
  if (refusal.pos !== undefined) {
    fields['pos'] = {
      TXID: formatTxid(refusal.pos.txid),
      PostApplyChecksum: formatChecksum(refusal.pos.checksum),
    };
  }
  if (refusal.ltx !== undefined) fields['ltx'] = refusal.ltx;
  const { code, message, hint } = refusal;
  return new LfsbError(code, message, { fields, ...(hint === undefined ? {} : { hint }) });
}

/** Codes of a client that is gone or stalls: there is nothing more to read. */
const GIVEN_UP: readonly ErrorCode[] = ['EINCOMPLETE', 'ETIMEOUT'];

/**
 * Answers with an error, after the rest of the body. One that was not read to its end takes the connection with it.
 */
export async function sendError(
  request: FastifyRequest,
  reply: FastifyReply,
  error: LfsbError,
): Promise<FastifyReply> {
  if (!GIVEN_UP.includes(error.code)) await drain(request.raw);
  const body: ErrorBody = {
    code: error.code,
    error: error.message,
    ...error.fields,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  };
  if (!request.raw.readableEnded && !request.raw.complete) reply.header('connection', 'close');
  if (error.code === 'EUNAVAILABLE') reply.header('retry-after', '1');
  return sendJsonText(reply.code(statusOf(error.code)), `${JSON.stringify(body)}\n`);
}
