import { toldError } from './answers.ts';
import type { Connection } from './connection.ts';
import { ClientError, isTold } from './errors.ts';
import { jsonLines } from './json-lines.ts';
import { transportError } from './transport-errors.ts';
import type { Target, VerifyLine } from './types.ts';

type Line = VerifyLine | { readonly kind: 'working' } | { readonly kind: 'error' };

/**
 * A restore drill, told as it goes on; the last line is the verdict.
 * @throws LfsbError with the server's code; ClientError, also when the answer ends without a verdict
 */
export async function* verify(
  connection: Connection,
  db: string,
  target?: Target | 'all',
): AsyncGenerator<VerifyLine, void> {
  const query = { db, ...(target === 'all' ? { all: 'true' } : target) };
  const response = await connection.open({ method: 'POST', path: '/v1/db/verify', query, isSlow: true });
  const { endpoint } = connection;
  try {
    for await (const line of jsonLines<Line>(response)) {
      if (line.kind === 'error') throw toldError(endpoint, JSON.stringify(line)) ?? brokeOff(endpoint);
      if (line.kind !== 'working') yield line;
      if (line.kind === 'verdict') return;
    }
    throw brokeOff(endpoint);
  } catch (error) {
    if (isTold(error)) throw error;
    if (error instanceof SyntaxError || error instanceof RangeError) throw brokeOff(endpoint, error);
    throw transportError(endpoint, error);
  } finally {
    response.destroy();
  }
}

const brokeOff = (endpoint: URL, cause?: unknown): ClientError =>
  new ClientError('EBROKEN', `the answer of ${endpoint.origin} ended without a verdict`, {
    hint: 'nothing is on record of this drill: try again',
    ...(cause === undefined ? {} : { cause }),
  });
