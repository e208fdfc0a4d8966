import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { serveCommand } from '../support/serve-command.ts';
import { tempDir } from '../support/temp-dir.ts';
import { until } from './until.ts';

/** A port at which nobody listens. */
async function deadPort(): Promise<number> {
  const server = createServer();
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  await once(server.close(), 'close');
  return port;
}

test('a replica that goes out of reach is told of in the log, and nowhere else', async () => {
  const home = tempDir();
  const server = await serveCommand({
    env: {
      HOME: home,
      LFSB_DATA_PATH: tempDir(),
      LFSB_REPLICAS: `sftp://backup@127.0.0.1:${await deadPort()}/replica`,
      LFSB_SFTP_PASSWORD: 'x',
    },
  });
  await until(() => server.log.some(({ msg }) => /ECONNREFUSED/.test(String(msg))));
  server.kill('SIGTERM');
  const { stderr } = await server.ended;
  expect(stderr).toBe('');
  const told = server.log.find(({ msg }) => /ECONNREFUSED/.test(String(msg)));
  expect(told).toMatchObject({ level: 'warn', replica: expect.stringMatching(/^sftp:/) });
});
