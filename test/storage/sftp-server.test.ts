import { readdir } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { loadConfig } from '../../src/config/index.ts';
import { Driven } from '../compactor-run/driven.ts';
import { until } from '../compactor-run/until.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { requireTool } from '../support/requires.ts';
import { TestServer } from '../support/server.ts';
import { SshServer, sshTool } from '../support/ssh-server.ts';

requireTool('sshd', sshTool)('a server whose replica is on an SFTP server', () => {
  let ssh: SshServer;
  beforeAll(async () => {
    ssh = await SshServer.start();
  });
  afterAll(() => ssh?.stop());

  test('stores there, gives back from there when level 0 is gone, and deletes there', async () => {
    const { config } = loadConfig({
      LFSB_REPLICAS: `sftp://${ssh.user}@127.0.0.1:${ssh.port}${ssh.path('replica')}`,
      LFSB_SFTP_KEY_PATH: ssh.newKey('encrypted', 'ed25519', 'open sesame'),
      LFSB_SFTP_PASSPHRASE: 'open sesame',
      LFSB_SFTP_HOST_KEY: await ssh.hostKey(),
    });
    await ssh.authorize('encrypted');
    const driven = new Driven();
    await using server = await TestServer.start({
      config: { storage: config.storage },
      clock: driven.clock,
      timer: driven,
    });
    const client = server.client('shop');
    const model = new ModelDatabase();
    expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
    expect((await client.post('a.db', model.mutate().ltx)).status).toBe(200);
    await until(() => {
      driven.pass(5_000);
      return server.query('SELECT txid FROM high_water')[0]?.['txid'] === '0000000000000002';
    });
    expect(await readdir(ssh.path('replica/shop/a.db/1'))).toHaveLength(1);
    await until(() => {
      driven.pass(120_000);
      return server.query('SELECT * FROM payload').length === 0;
    });
    await server.restart();
    const again = server.client('shop');
    const sqlite = await again.send('GET', '/db/snapshot?db=a.db&format=sqlite');
    expect(sqlite.body.equals(model.bytes())).toBe(true);
    expect((await again.send('DELETE', '/db?db=a.db')).status).toBe(200);
    await until(() => {
      driven.pass(2_000);
      return server.query("SELECT * FROM event WHERE type = 'database.purged'").length === 1;
    });
    expect(await readdir(ssh.path('replica'))).not.toContain('shop');
  });
});
