import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync } from 'node:fs';
import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { userInfo } from 'node:os';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { DirectoryReplica } from '../../src/storage/directory.ts';
import { openSftpReplica } from '../../src/storage/sftp.ts';
import type { SftpLocation, SftpSettings, SftpState } from '../../src/storage/sftp-settings.ts';
import { eventually } from '../support/process-state.ts';
import { requireTool } from '../support/requires.ts';
import { type KeyType, SshServer, sshTool } from '../support/ssh-server.ts';

requireTool('sshd', sshTool)('logging in to an SFTP server', () => {
  let server: SshServer;
  const replicas: DirectoryReplica[] = [];
  let states: SftpState[] = [];

  beforeAll(async () => {
    server = await SshServer.start({ hostKeys: ['ed25519', 'rsa'] });
  });
  afterAll(() => server?.stop());
  afterEach(async () => {
    states = [];
    await server.authorize('client');
    for (const replica of replicas.splice(0)) await replica.close();
  });

  const open = (settings: SftpSettings, location: Partial<SftpLocation> = {}): DirectoryReplica => {
    const { user, port } = server;
    const replica = openSftpReplica({
      location: { host: '127.0.0.1', port, user, path: server.path('replica'), ...location },
      settings,
      onState: (state) => states.push(state),
    });
    replicas.push(replica);
    return replica;
  };

  /** What comes of a first call: "in", or the code and the message of its error. */
  const outcome = (settings: SftpSettings, location?: Partial<SftpLocation>): Promise<string> =>
    outcomeOf(open(settings, location));

  const outcomeOf = async (replica: DirectoryReplica): Promise<string> => {
    try {
      await replica.head('nothing');
      return 'in';
    } catch (error) {
      const { code, message } = error as { code: string; message: string };
      return `${code}: ${message}`;
    }
  };

  describe('with a key', () => {
    test.each<KeyType>(['ed25519', 'ecdsa', 'rsa'])('of type %s, plain or encrypted', async (type) => {
      const [plain, encrypted] = [`plain_${type}`, `encrypted_${type}`];
      server.newKey(plain, type);
      server.newKey(encrypted, type, 'open sesame');
      await server.authorize(plain, encrypted);
      expect(await outcome(server.settings({ keyPath: server.path(plain) }))).toBe('in');
      const keyPath = server.path(encrypted);
      expect(await outcome(server.settings({ keyPath, passphrase: 'open sesame' }))).toBe('in');
      expect(await outcome(server.settings({ keyPath, passphrase: 'wrong' }))).toMatch(
        /^EDENIED: cannot use the key .*: wrong passphrase\?$/,
      );
      expect(await outcome(server.settings({ keyPath }))).toMatch(
        /^EDENIED: .* is encrypted, and there is neither its passphrase nor an agent$/,
      );
    });

    test('that the server does not know, or that is not there, is refused by name', async () => {
      const stranger = server.newKey('stranger', 'ed25519');
      expect(await outcome(server.settings({ keyPath: stranger }))).toMatch(
        /^EDENIED: .* does not let us in; tried key .*stranger$/,
      );
      expect(await outcome(server.settings({ keyPath: '/no/such/key' }))).toMatch(
        /^EDENIED: cannot read the key \/no\/such\/key: ENOENT/,
      );
    });

    test('that is rotated while we run counts from the next connection on', async () => {
      const replica = open(server.settings({ keyPath: server.newKey('rotated', 'ed25519') }));
      await expect(replica.head('a')).rejects.toMatchObject({ code: 'EDENIED' });
      await server.authorize('client', 'rotated');
      expect(await replica.head('a')).toBeNull();
    });
  });

  test('with an agent, which also opens a key that is encrypted', async () => {
    const agentSocket = server.path('agent.sock');
    const agent: ChildProcess = spawn('ssh-agent', ['-D', '-a', agentSocket], { stdio: 'ignore' });
    try {
      await eventually('the agent listens', () => existsSync(agentSocket));
      server.newKey('held', 'ed25519');
      execFileSync('ssh-add', ['-q', server.path('held')], {
        env: { ...process.env, SSH_AUTH_SOCK: agentSocket },
      });
      await server.authorize('held');
      expect(await outcome(server.settings({ keyPath: undefined, agentSocket }))).toBe('in');
      const keyPath = server.newKey('locked', 'ed25519', 'secret');
      expect(await outcome(server.settings({ keyPath, agentSocket }))).toBe('in');
      // A key that was named and can be used is the only one: the agent's is not offered.
      expect(await outcome(server.settings({ keyPath: server.path('client'), agentSocket }))).toMatch(
        /^EDENIED/,
      );
    } finally {
      agent.kill();
    }
  });

  describe.runIf(userInfo().uid === 0)('as a user with a password', () => {
    const user = `lfsb${process.pid}`;
    let guarded: SshServer;

    beforeAll(async () => {
      const hash = execFileSync('openssl', ['passwd', '-6', 'correct horse'], { encoding: 'utf8' }).trim();
      execFileSync('useradd', ['--no-create-home', '--shell', '/bin/sh', '--password', hash, user]);
      guarded = await SshServer.start({ config: ['PasswordAuthentication yes'] });
      chmodSync(guarded.folder, 0o755);
      await mkdir(guarded.path('theirs'));
      chmodSync(guarded.path('theirs'), 0o777);
    });
    afterAll(async () => {
      await guarded?.stop();
      execFileSync('userdel', [user], { stdio: 'ignore' });
    });

    test('is let in with it, and not with another one, which is not repeated', async () => {
      const location = { user, port: guarded.port, path: guarded.path('theirs') };
      const settings = guarded.settings({ keyPath: undefined, agentSocket: 'none', configPath: null });
      expect(await outcome({ ...settings, password: 'correct horse' }, location)).toBe('in');
      const refused = await outcome({ ...settings, password: 'battery staple' }, location);
      expect(refused).toMatch(/^EDENIED: .* does not let us in; tried .*the password/);
      expect(refused).not.toContain('battery');
    });
  });

  describe('with ~/.ssh/config', () => {
    test('takes host, port, user and key from an alias; a URL wins over them', async () => {
      const configPath = server.path('ssh_config');
      await writeFile(
        configPath,
        `Host other\n  HostName 192.0.2.1\nHost back*\n  hostname 127.0.0.1\n  Port ${server.port}\n  User ${server.user}\n  IdentityFile "${server.path('client')}"\n  UserKnownHostsFile ${server.path('known_by_config')}\nHost *\n  Port 1\n`,
      );
      const settings = { configPath, agentSocket: 'none' };
      expect(await outcome(settings, { host: 'backup', port: undefined, user: undefined })).toBe('in');
      expect(await readFile(server.path('known_by_config'), 'utf8')).toContain(`[127.0.0.1]:${server.port} `);
      expect(await outcome(settings, { host: 'backup', port: undefined, user: 'nobody' })).toMatch(
        /^EDENIED: nobody@/,
      );
      expect(await outcome(settings, { host: 'backup', port: 1, user: undefined })).toMatch(
        /^EUNAVAILABLE: .*:1: /,
      );
    });

    test('refuses a port that is none', async () => {
      const configPath = server.path('ssh_config_port');
      await writeFile(configPath, 'Host backup\n  Port many\n');
      const settings = server.settings({ configPath });
      expect(await outcome(settings, { host: 'backup', port: undefined })).toMatch(/^EINVALID: Port many /);
    });

    test('refuses what would lead elsewhere', async () => {
      const configPath = server.path('ssh_config_jump');
      await writeFile(configPath, 'Host backup\n  ProxyJump gate\n');
      expect(await outcome({ configPath }, { host: 'backup' })).toMatch(
        /^EINVALID: .* has proxyjump for backup/,
      );
    });
  });

  describe('checks who the server is', () => {
    test('accepts a first key, says so, remembers it, and refuses another one later', async () => {
      const knownHostsPath = server.path('fresh/known_hosts');
      const settings = server.settings({ knownHostsPath });
      expect(await outcome(settings)).toBe('in');
      expect(states).toMatchObject([
        { up: true, message: expect.stringMatching(/its key, SHA256:\S+, is new and was accepted/) },
      ]);
      expect(await readFile(knownHostsPath, 'utf8')).toBe(
        `[127.0.0.1]:${server.port} ${await server.hostKey()}\n`,
      );
      expect(await outcome(settings)).toBe('in');
      expect(states[1]?.message).not.toContain('new');

      await server.down();
      await server.changeHostKeys();
      await server.up();
      expect(await outcome(settings)).toMatch(
        /^EHOSTKEY: the key of \[127\.0\.0\.1\]:\d+ has changed: it shows SHA256:/,
      );
      expect(await readFile(knownHostsPath, 'utf8')).not.toContain(await server.hostKey());
    });

    test('refuses a first key where that is asked for', async () => {
      const settings = server.settings({ knownHostsPath: server.path('none'), acceptNew: false });
      expect(await outcome(settings)).toMatch(/^EHOSTKEY: \[127\.0\.0\.1\]:\d+ is not in /);
      expect(existsSync(server.path('none'))).toBe(false);
    });

    test('refuses a key that is revoked', async () => {
      const knownHostsPath = server.path('revoked');
      await writeFile(knownHostsPath, `@revoked * ${await server.hostKey()}\n`);
      expect(await outcome(server.settings({ knownHostsPath }))).toMatch(/^EHOSTKEY: .* is revoked$/);
    });

    test('asks for the type of key that it knows, though others are offered first', async () => {
      const knownHostsPath = server.path('rsa_only');
      await appendFile(knownHostsPath, `[127.0.0.1]:${server.port} ${await server.hostKey('rsa')}\n`);
      expect(await outcome(server.settings({ knownHostsPath, acceptNew: false }))).toBe('in');
    });

    test('takes no other key than the one that is configured', async () => {
      const knownHostsPath = server.path('unused');
      const pinned = async (hostKey: string): Promise<string> =>
        outcome(server.settings({ knownHostsPath, hostKeys: [hostKey] }));
      const printed = execFileSync('ssh-keygen', ['-lf', server.path('host_ed25519.pub')], {
        encoding: 'utf8',
      });
      expect(await pinned(await server.hostKey())).toBe('in');
      expect(await pinned(`${await server.hostKey('rsa')} a comment`)).toBe('in');
      expect(await pinned(printed.split(' ')[1]!)).toBe('in');
      const [type, key] = (await readFile(server.path('client.pub'), 'utf8')).split(' ');
      expect(await pinned(`${type} ${key}`)).toMatch(
        /^EHOSTKEY: .* which is not the host-key that is configured$/,
      );
      expect(existsSync(knownHostsPath)).toBe(false);
    });

    test('lets in where the key cannot be remembered, and says what to configure', async () => {
      await writeFile(server.path('a_file'), '');
      const settings = server.settings({ knownHostsPath: server.path('a_file/known_hosts') });
      expect(await outcome(settings)).toMatch(/^EINVALID: cannot read .*a_file/);
      const nowhere = server.settings({ knownHostsPath: '/sys/nowhere/known_hosts' });
      expect(await outcome(nowhere)).toBe('in');
      expect(states.at(-1)?.message).toContain(`set host-key to "${await server.hostKey()}"`);
    });
  });

  test('an attempt that takes its time ends when the replica is closed', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    try {
      const { port } = silent.address() as { port: number };
      const replica = open(server.settings(), { port });
      const attempt = outcomeOf(replica);
      const [socket] = (await once(silent, 'connection')) as [Socket];
      await replica.close();
      expect(await attempt).toMatch(/^EUNAVAILABLE: /);
      socket.destroy();
    } finally {
      silent.close();
    }
  });

  test('a server that is not there, or has no room for such a folder, is told from one that refuses', async () => {
    const settings = server.settings({ knownHostsPath: server.path('last') });
    expect(await outcome(settings, { port: 1 })).toMatch(/^EUNAVAILABLE: cannot connect to .*ECONNREFUSED/);
    expect(await outcome(settings, { path: '/proc/nowhere/at/all' })).toMatch(
      /^EUNAVAILABLE: .* cannot be made$/,
    );
  });
});
