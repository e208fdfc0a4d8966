import type { IncomingMessage } from 'node:http';
import { ERROR_CATALOGUE, type ErrorCode, LfsbError } from '../errors/index.ts';
import { ClientError } from './errors.ts';
import { transportError } from './transport-errors.ts';

/** Bytes of an answer that is read whole. A million restore points fit. */
export const JSON_BYTES_MAX = 256 * 1024 * 1024;

/** Bytes of an error that are looked at. */
const ERROR_BYTES_MAX = 64 * 1024;

/** Characters shown of a text that is not ours. */
const SHOWN_CHARS_MAX = 120;

const GATEWAY = new Set([502, 503, 504]);

async function readBody(response: IncomingMessage, bytesMax: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > bytesMax) throw new ClientError('ENOTLFSB', `the answer is larger than ${bytesMax} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/**
 * Reads a good answer as JSON.
 * @throws ClientError when it breaks off, or is none
 */
export async function readJson<T>(endpoint: URL, response: IncomingMessage): Promise<T> {
  const body = await readBody(response, JSON_BYTES_MAX).catch((error: unknown) => {
    throw transportError(endpoint, error);
  });
  try {
    return JSON.parse(body.toString('utf8')) as T;
  } catch (cause) {
    throw stranger(endpoint, response, body.toString('utf8', 0, ERROR_BYTES_MAX), cause);
  }
}

/** What a server means by an answer that is not 200, as an error to throw. */
export async function refusalOf(endpoint: URL, response: IncomingMessage): Promise<Error> {
  const text = (await readBody(response, ERROR_BYTES_MAX)).toString('utf8');
  const told = toldError(endpoint, text);
  return told ?? stranger(endpoint, response, text);
}

/** The error that a text of ours tells; undefined for any other text. */
export function toldError(endpoint: URL, text: string): Error | undefined {
  const { code, error, hint, ...fields } = fieldsOf(text);
  if (typeof code !== 'string' || typeof error !== 'string') return undefined;
  const message = `${error} (${endpoint.origin})`;
  const tip = typeof hint === 'string' ? { hint } : {};
  if (!Object.hasOwn(ERROR_CATALOGUE, code)) {
    return new ClientError('ESERVER', `${error} [${code}] (${endpoint.origin})`, tip);
  }
  return new LfsbError(code as ErrorCode, message, { fields, ...tip });
}

function fieldsOf(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    return {};
  }
}

/** Words for an answer that no lfsb gives: a proxy's page, a redirect, another service. */
function stranger(endpoint: URL, response: IncomingMessage, text: string, cause?: unknown): ClientError {
  const { statusCode = 0, headers } = response;
  const at = endpoint.origin;
  const options = cause === undefined ? {} : { cause };
  if (statusCode >= 300 && statusCode < 400) {
    const hint = `use where it leads as the endpoint: ${shown(headers.location ?? 'nowhere')}`;
    return new ClientError('ENOTLFSB', `${at} redirects (status ${statusCode})`, { hint, ...options });
  }
  const isPage = /html/i.test(headers['content-type'] ?? '') || /^\s*</.test(text);
  const said = isPage ? shown(titleOf(text)) : shown(text);
  const quoted = said === '' ? '' : `: ${said}`;
  if (GATEWAY.has(statusCode) || (isPage && statusCode >= 400 && headers['via'] !== undefined)) {
    const hint = 'the server behind it is down, or out of its reach: try again later';
    return new ClientError('EPROXY', `a proxy answers for ${at} with status ${statusCode}${quoted}`, {
      hint,
      ...options,
    });
  }
  const what = isPage ? 'an HTML page' : 'something else';
  const message = `${at} is no lfsb server: it answers with ${what} (status ${statusCode})${quoted}`;
  const hint = 'check host and port; a proxy or a login page in between answers like this, too';
  return new ClientError('ENOTLFSB', message, { hint, ...options });
}

const titleOf = (html: string): string => /<title[^>]*>([^<]*)/i.exec(html)?.[1] ?? '';

function shown(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > SHOWN_CHARS_MAX ? `${line.slice(0, SHOWN_CHARS_MAX)}…` : line;
}
