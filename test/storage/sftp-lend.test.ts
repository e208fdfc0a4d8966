import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sha256Hex, sourceOf } from '../../src/storage/index.ts';
import { openSftpReplica } from '../../src/storage/sftp.ts';
import { REMOTE_PARALLEL_MAX } from '../../src/storage/sftp-transfer.ts';
import { requireTool } from '../support/requires.ts';
import { SshServer, sshTool } from '../support/ssh-server.ts';

const KEY = 'c/d/1/0000000000000001-0000000000000001.ltx';

requireTool('sshd', sshTool)('a body that is lent over SFTP', () => {
  let server: SshServer;
  beforeAll(async () => {
    server = await SshServer.start();
  });
  afterAll(() => server?.stop());

  test('goes through the same buffers, as many as are asked for at once', async () => {
    const location = { host: '127.0.0.1', port: server.port, user: server.user, path: server.path('lent') };
    const replica = openSftpReplica({ location, settings: server.settings() });
    try {
      const bytes = randomBytes(5_000_001);
      await replica.put(KEY, sourceOf(bytes), {
        sizeBytes: bytes.length,
        sha256: sha256Hex(bytes),
        metadata: {},
      });
      const buffers = new Set<ArrayBufferLike>();
      const parts: Uint8Array[] = [];
      for await (const chunk of await replica.get(KEY, { lend: true })) {
        buffers.add(chunk.buffer);
        parts.push(new Uint8Array(chunk));
      }
      expect(Buffer.compare(Buffer.concat(parts), bytes)).toBe(0);
      expect(buffers.size).toBe(REMOTE_PARALLEL_MAX + 2);
    } finally {
      await replica.close();
    }
  });
});
