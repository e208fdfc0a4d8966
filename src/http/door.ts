import type { AddressInfo } from 'node:net';
import { networkInterfaces } from 'node:os';
import type { FastifyInstance } from 'fastify';
import type { BindAddress } from '../config/index.ts';
import { LfsbError } from '../errors/index.ts';

/** Requests in flight have so long to finish when the server stops, ms. */
export const SHUTDOWN_MS_MAX = 25_000;

const IDLE_CHECK_MS = 50;

/** Every address: IPv6 takes IPv4 along, where the machine has IPv6. */
const ANY_ADDRESS = hasIpv6() ? '::' : '0.0.0.0';

function hasIpv6(): boolean {
  return Object.values(networkInterfaces()).some((each) => each?.some(({ family }) => family === 'IPv6'));
}

/**
 * Begins to listen; returns where, as `http://host:port`.
 * @param setting what says on which address
 * @throws LfsbError `EBIND`
 */
export async function listen(
  app: FastifyInstance,
  { host, port }: BindAddress,
  setting = 'LFSB_BIND',
): Promise<string> {
  try {
    await app.listen({ port, host: host ?? ANY_ADDRESS });
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new LfsbError('EBIND', `cannot listen on ${host ?? ''}:${port}: ${why}`, {
      hint: `stop what uses the port, or set ${setting} to another address`,
      cause,
    });
  }
  const address = app.server.address() as AddressInfo;
  const name = host ?? 'localhost';
  return `http://${name.includes(':') ? `[${name}]` : name}:${address.port}`;
}

/** An address as the log has it: `:2200`. */
export const shownAddress = ({ host }: BindAddress, url: string): string =>
  `${host ?? ''}:${new URL(url).port}`;

/**
 * Takes no more connections and lets requests in flight finish. Node closes only the connections that are idle
 * at the moment of the call: one whose answer ends a little later would be waited for until it times out.
 */
export async function closeDoor(app: FastifyInstance): Promise<void> {
  const idle = setInterval(() => app.server.closeIdleConnections(), IDLE_CHECK_MS);
  const all = setTimeout(() => app.server.closeAllConnections(), SHUTDOWN_MS_MAX);
  try {
    await app.close();
  } finally {
    clearInterval(idle);
    clearTimeout(all);
  }
}
