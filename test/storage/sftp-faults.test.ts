import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmdirSync } from 'node:fs';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { gather, sha256Hex } from '../../src/storage/bytes.ts';
import { DirectoryReplica } from '../../src/storage/directory.ts';
import type { ByteSource, Replica } from '../../src/storage/replica.ts';
import { withRetries } from '../../src/storage/retry.ts';
import { openSftpReplica } from '../../src/storage/sftp.ts';
import type { SftpState } from '../../src/storage/sftp-settings.ts';
import { eventually } from '../support/process-state.ts';
import { requireTool } from '../support/requires.ts';
import { SshServer, type SshServerOptions, sshTool } from '../support/ssh-server.ts';
import { code, keysOf, put, read } from './using.ts';

const LARGE = randomBytes(2_000_003);
const options = { sizeBytes: LARGE.length, sha256: sha256Hex(LARGE), metadata: {} };

/** The bytes of LARGE, with something that happens when half of them were taken. */
const halted = (atHalf: () => void | Promise<void>): ByteSource => ({
  async *open() {
    yield LARGE.subarray(0, LARGE.length / 2);
    await atHalf();
    yield LARGE.subarray(LARGE.length / 2);
  },
});

requireTool('sshd', sshTool)('an SFTP replica', () => {
  const ends: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0).reverse()) await end();
  });

  const given = async (
    serverOptions: SshServerOptions = {},
    folder = 'replica',
  ): Promise<{ server: SshServer; replica: DirectoryReplica; states: SftpState[]; root: string }> => {
    const server = await SshServer.start(serverOptions);
    ends.push(() => server.stop());
    const states: SftpState[] = [];
    const root = folder.startsWith('/') ? folder : server.path(folder);
    const location = { host: '127.0.0.1', port: server.port, user: server.user, path: root };
    const replica = openSftpReplica({
      location,
      settings: server.settings(),
      onState: (state) => states.push(state),
    });
    ends.push(() => replica.close());
    return { server, replica, states, root };
  };

  test('keeps files as a directory of this machine does, and each reads the other', async () => {
    const { replica, root } = await given();
    const name = 'n'.repeat(256);
    await put(replica, `c/${name}/1/a.ltx`, LARGE);
    const local = await DirectoryReplica.open(root);
    expect(await keysOf(local, `c/${name}/`)).toEqual([`c/${name}/1/a.ltx`]);
    await put(local, 'c/db/1/b.ltx', LARGE);
    expect(sha256Hex(await read(replica, 'c/db/1/b.ltx'))).toBe(options.sha256);
    await replica.deleteMany([`c/${name}/1/a.ltx`, 'c/db/1/b.ltx']);
    expect(await readdir(root)).toEqual(['+parts']);
  });

  test('says how much room the server has', async () => {
    const { replica } = await given();
    expect(await replica.space()).toMatchObject({ freeBytes: expect.any(Number) });
  });

  describe('whose connection is cut', () => {
    test('in the middle of a put has no object, and a try again stores it', async () => {
      const { server, replica, states, root } = await given();
      await put(replica, 'a/b', Buffer.from('first'));
      expect(
        await code(
          replica.put(
            'a/c',
            halted(() => server.cut()),
            options,
          ),
        ),
      ).toBe('EUNAVAILABLE');
      expect(await readdir(join(root, 'a'))).toEqual(['b']);
      let cuts = 0;
      const source = halted(() => {
        if (cuts++ === 0) server.cut();
      });
      await withRetries(replica).put('a/c', source, options);
      expect(cuts).toBe(2);
      expect(sha256Hex(await read(replica, 'a/c'))).toBe(options.sha256);
      expect(states.map(({ up }) => up)).toEqual([true, false, true, false, true]);
      // What was left goes with the sweep, once it is old.
      expect(await replica.sweep(Date.now() + 60_000)).toBe((await readdir(join(root, '+parts'))).length + 2);
    });

    test('in the middle of a body fails it, and a try again goes on', async () => {
      const { server, replica } = await given();
      await put(replica, 'a', LARGE);
      const body = await withRetries(replica).get('a');
      let taken = 0;
      const chunks = (async function* () {
        for await (const chunk of body) {
          if (taken === 0) server.cut();
          taken += chunk.byteLength;
          yield chunk;
        }
      })();
      expect(sha256Hex(await gather(chunks, LARGE.length))).toBe(options.sha256);
    });

    test('hands on the error of a source, though the connection is gone too', async () => {
      const { server, replica, states } = await given();
      const broken = new Error('the source broke');
      const source = halted(async () => {
        server.cut();
        await eventually('the connection is gone', () => states.at(-1)?.up === false);
        throw broken;
      });
      await expect(replica.put('a', source, options)).rejects.toBe(broken);
    });
  });

  test('whose server was killed and started again goes on, with a line for each change', async () => {
    const { server, replica, states } = await given();
    await put(replica, 'a', LARGE);
    await server.down();
    await eventually('the loss is noticed', () => states.length === 2);
    for (let tries = 0; tries < 3; tries++) expect(await code(replica.head('a'))).toBe('EUNAVAILABLE');
    expect(states).toMatchObject([{ up: true }, { up: false }]);
    await server.up();
    expect(await withRetries(replica).head('a')).toMatchObject({ sizeBytes: LARGE.length });
    expect(states).toMatchObject([{ up: true }, { up: false }, { up: true }]);
  });

  test('shares one connection among calls at once, and bounds what is under way', async () => {
    const { replica, states } = await given();
    const keys = Array.from({ length: 40 }, (_, i) => `many/${String(i).padStart(2, '0')}`);
    await Promise.all(keys.map((key) => put(replica, key, LARGE.subarray(0, 200_000))));
    const bodies = await Promise.all(keys.map((key) => read(replica, key)));
    expect(bodies.every((body) => body.equals(LARGE.subarray(0, 200_000)))).toBe(true);
    expect(states).toHaveLength(1);
  });

  test('sweeps what puts have left that cannot run any more', async () => {
    const { replica, root } = await given();
    await mkdir(join(root, '+parts'), { recursive: true });
    for (const name of ['old', 'new']) await writeFile(join(root, '+parts', name), 'x');
    const hourAgo = new Date(Date.now() - 3_600_000);
    await utimes(join(root, '+parts/old'), hourAgo, hourAgo);
    expect(await replica.sweep(Date.now() - 60_000)).toBe(1);
    expect(await readdir(join(root, '+parts'))).toEqual(['new']);
  });

  test('whose root was emptied, or removed, is made anew', async () => {
    const { replica, root } = await given();
    for (const isMade of [true, false]) {
      await put(replica, 'a/b', Buffer.from('x'));
      execFileSync('rm', ['-r', root]);
      if (isMade) mkdirSync(root);
      expect(await replica.head('a/b')).toBeNull();
      expect(await keysOf(replica, '')).toEqual([]);
    }
    await put(replica, 'c/d', Buffer.from('x'));
    expect(await keysOf(replica, '')).toEqual(['c/d']);
  });

  test.runIf(userInfo().uid === 0)(
    'whose disk is not mounted any more is unavailable, and not empty',
    async () => {
      const disk = mkdtempSync(join(tmpdir(), 'lfsb-lost-'));
      onTestFinished(() => rmdirSync(disk));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]);
      let replica: Awaited<ReturnType<typeof given>>['replica'];
      try {
        ({ replica } = await given({}, disk));
        await put(replica, 'a/b', Buffer.from('x'));
      } finally {
        execFileSync('umount', ['-l', disk]);
      }
      expect(await code(replica.get('a/b'))).toBe('EUNAVAILABLE');
      expect(await code(replica.head('a/b'))).toBe('EUNAVAILABLE');
      expect(await code(keysOf(replica, ''))).toBe('EUNAVAILABLE');
      expect(await code(put(replica, 'c/d', Buffer.from('x')))).toBe('EUNAVAILABLE');
      expect(await replica.deleteMany(['a/b'])).toMatchObject([{ error: { code: 'EUNAVAILABLE' } }]);
      expect(await readdir(disk)).toEqual([]);
    },
  );

  describe.runIf(userInfo().uid === 0)('on a full disk', () => {
    test('says so, leaves nothing, and goes on when there is room again', async () => {
      const disk = mkdtempSync(join(tmpdir(), 'lfsb-full-'));
      execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=3m', 'tmpfs', disk]);
      onTestFinished(() => {
        execFileSync('umount', ['-l', disk]);
        rmdirSync(disk);
      });
      const { replica } = await given({}, join(disk, 'replica'));
      await put(replica, 'a', LARGE);
      const full = await replica
        .put(
          'b',
          halted(() => undefined),
          options,
        )
        .catch((error: Error) => error);
      expect(full).toMatchObject({
        code: 'EUNAVAILABLE',
        message: expect.stringMatching(
          /^b: (write|fsync): no space left on the server, \d+ of \d+ bytes are free$/,
        ),
      });
      expect(await keysOf(replica, '')).toEqual(['a']);
      expect(await readdir(join(disk, 'replica/+parts'))).toEqual([]);
      expect((await replica.space())?.freeBytes).toBeGreaterThan(500_000);
      await replica.deleteMany(['a']);
      await put(replica, 'b', LARGE);
      expect(sha256Hex(await read(replica, 'b'))).toBe(options.sha256);
    });
  });

  describe("on a server without OpenSSH's additions", () => {
    const bare = { sftp: '-P posix-rename,hardlink,fsync,statvfs' };

    test('replaces an object by steps, leaves nothing beside it, and creates nothing only if there is none', async () => {
      const { replica, root } = await given(bare);
      const checked: Replica = replica;
      expect(await checked.capabilities()).toMatchObject({ conditionalPutBytesMax: 0 });
      expect(await checked.space()).toBeNull();
      await put(replica, 'a/b', Buffer.from('first'));
      await put(replica, 'a/b', LARGE);
      expect(sha256Hex(await read(replica, 'a/b'))).toBe(options.sha256);
      expect(await code(put(replica, 'a/c', LARGE, { ifNoneMatch: '*' }))).toBe('EINVALID');
      expect(await code(put(replica, 'a', LARGE))).toBe('EINVALID');
      expect(await readdir(join(root, '+parts'))).toEqual([]);
      expect(await keysOf(replica, '')).toEqual(['a/b']);
    });
  });
});
