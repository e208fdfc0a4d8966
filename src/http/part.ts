import type { FastifyRequest } from 'fastify';
import type { Part } from '../engine/snapshot/part.ts';

/** From a byte to the end; 15 digits are as many as a number holds. */
const TO_THE_END = /^bytes=(\d{1,15})-$/;

/** A strong tag of ours, without its quotes. */
const TAG = /^"([^"]+)"$/;

/**
 * What a client still lacks of a file: `Range: bytes=N-` of what `If-Range` names. Null for anything else, so that the
 * whole file is sent: without a name what comes might be of another point than what is there.
 */
export function partOf({ headers }: FastifyRequest): Part | null {
  const from = TO_THE_END.exec(headers.range ?? '')?.[1];
  const ifRange = headers['if-range'];
  const of = typeof ifRange === 'string' ? TAG.exec(ifRange)?.[1] : undefined;
  return from === undefined || of === undefined ? null : { of, fromByte: Number(from) };
}

/** A name as an `ETag`. */
export const tagOf = (name: string): string => `"${name}"`;
