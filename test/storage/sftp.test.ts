import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { openSftpReplica } from '../../src/storage/sftp.ts';
import { requireTool } from '../support/requires.ts';
import { SshServer, sshTool } from '../support/ssh-server.ts';
import { replicaContract } from './contract.ts';

requireTool('sshd', sshTool)('SFTP', () => {
  let server: SshServer;

  beforeAll(async () => {
    server = await SshServer.start();
  });
  afterAll(() => server?.stop());

  replicaContract('the SFTP replica', {
    open: async () => {
      const path = server.path('made/on/demand');
      const location = { host: '127.0.0.1', port: server.port, user: server.user, path };
      // A few names at a time, so that folders are read in several passes.
      return openSftpReplica({ location, settings: server.settings(), namesMax: 100 });
    },
    leftovers: () => readdir(join(server.path('made/on/demand'), '+parts')),
    largeBytes: 3_000_000,
  });
});
