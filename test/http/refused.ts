import { expect } from 'vitest';
import { ERROR_CATALOGUE } from '../../src/errors/index.ts';
import type { HttpClient } from '../support/http-client.ts';

/** The answer is an error of the catalogue, in the protocol's shape. */
export async function refused(
  client: HttpClient,
  method: string,
  path: string,
  headers: Record<string, string> = {},
): Promise<[number, string]> {
  const answer = await client.send(method, path, { headers });
  const { code, error } = answer.json<{ code: keyof typeof ERROR_CATALOGUE; error: string }>();
  expect(ERROR_CATALOGUE[code]?.status, code).toBe(answer.status);
  expect(error).not.toBe('');
  expect(answer.headers['content-type']).toMatch(/^application\/json/);
  expect(answer.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  return [answer.status, code];
}
