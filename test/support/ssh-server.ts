import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { SftpSettings } from '../../src/storage/sftp-settings.ts';
import { findTool } from './requires.ts';

/** Path of sshd, for `requireTool`; undefined where SFTP cannot be tested. */
export const sshTool: string | undefined = findTool('sshd', ['/usr/sbin/sshd']);

const SFTP_SERVER = '/usr/lib/openssh/sftp-server';
const HOST_KEYS: readonly KeyType[] = ['ed25519'];
const START_MS_MAX = 20_000;

export type KeyType = 'ed25519' | 'ecdsa' | 'rsa';

export interface SshServerOptions {
  /** Further arguments of `sftp-server`, as `-P posix-rename`. */
  readonly sftp?: string;
  /** Further lines of its configuration. */
  readonly config?: readonly string[];
  /** Port to listen on; default: a free one. */
  readonly port?: number;
  /** Types of its host keys. */
  readonly hostKeys?: readonly KeyType[];
}

/** A real OpenSSH server for whoever runs the tests, on a free port of this machine. */
export class SshServer {
  readonly port: number;
  /** Where its files and ours are: keys, known hosts. */
  readonly folder: string;
  readonly user = userInfo().username;
  readonly #options: SshServerOptions;
  #child: ChildProcess | null = null;

  private constructor(folder: string, port: number, options: SshServerOptions) {
    this.folder = folder;
    this.port = port;
    this.#options = options;
  }

  static async start(options: SshServerOptions = {}): Promise<SshServer> {
    const folder = await mkdtemp(join(tmpdir(), 'lfsb-sshd-'));
    const server = new SshServer(folder, options.port ?? (await freePort()), options);
    for (const type of options.hostKeys ?? HOST_KEYS) newKey(server.path(`host_${type}`), type);
    server.newKey('client', 'ed25519');
    await server.authorize('client');
    await server.up();
    return server;
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes a key pair beside the server's; it lets nobody in yet. */
  newKey(name: string, type: KeyType, passphrase = ''): string {
    newKey(this.path(name), type, passphrase);
    return this.path(name);
  }

  /** Lets these keys in, and no others. */
  async authorize(...names: string[]): Promise<void> {
    const keys = await Promise.all(names.map((name) => readFile(this.path(`${name}.pub`), 'utf8')));
    await writeFile(this.path('authorized_keys'), keys.join(''), { mode: 0o600 });
  }

  /** `TYPE BASE64` of a host key. */
  async hostKey(type: KeyType = 'ed25519'): Promise<string> {
    const text = await readFile(this.path(`host_${type}.pub`), 'utf8');
    return text.split(' ').slice(0, 2).join(' ');
  }

  /** Gives it another host key, as an impostor has one; counts from the next start. */
  async changeHostKeys(): Promise<void> {
    for (const type of this.#options.hostKeys ?? HOST_KEYS) {
      await rm(this.path(`host_${type}`));
      newKey(this.path(`host_${type}`), type);
    }
  }

  /** How tests log in: with a key, with nothing of the home folder of whoever runs them. */
  settings(more: SftpSettings = {}): SftpSettings {
    return {
      keyPath: this.path('client'),
      knownHostsPath: this.path('known_hosts'),
      configPath: null,
      agentSocket: 'none',
      ...more,
    };
  }

  /** Starts it (again). */
  async up(): Promise<void> {
    await writeFile(this.path('config'), await this.#config());
    const args = ['-D', '-e', '-f', this.path('config'), '-p', String(this.port)];
    // sshd runs itself anew for each connection, and so needs an absolute path.
    this.#child = spawn(sshTool!, args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
    let said = '';
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4_000);
    });
    const until = performance.now() + START_MS_MAX;
    while (!(await answers(this.port))) {
      if (this.#child.exitCode !== null || performance.now() > until) throw new Error(`sshd: ${said}`);
      await delay(20);
    }
  }

  /** Kills it, and every connection: without a goodbye. */
  async down(): Promise<void> {
    const child = this.#child;
    if (child === null) return;
    const ended = once(child, 'exit');
    this.cut();
    this.#child = null;
    child.kill('SIGKILL');
    await ended;
  }

  /** Kills the connections that there are, and not the server. */
  cut(): void {
    const parent = this.#child?.pid;
    if (parent === undefined) return;
    for (const pid of descendants(parent)) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch {
        // It ended by itself.
      }
    }
  }

  async stop(): Promise<void> {
    await this.down();
    await rm(this.folder, { recursive: true, force: true });
  }

  async #config(): Promise<string> {
    if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
    const hostKeys = this.#options.hostKeys ?? HOST_KEYS;
    return [
      // The first line about something counts.
      ...(this.#options.config ?? []),
      'ListenAddress 127.0.0.1',
      ...hostKeys.map((type) => `HostKey ${this.path(`host_${type}`)}`),
      `AuthorizedKeysFile ${this.path('authorized_keys')}`,
      `PidFile none`,
      `Subsystem sftp ${SFTP_SERVER} ${this.#options.sftp ?? ''}`,
      'StrictModes no',
      'UsePAM no',
      'PasswordAuthentication no',
      'PermitRootLogin yes',
      'MaxStartups 100',
      '',
    ].join('\n');
  }
}

function newKey(path: string, type: KeyType, passphrase = ''): void {
  execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', 'test', '-f', path]);
}

async function answers(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

/** Processes below one, from the deepest. */
function descendants(pid: number): number[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
  const below = (parent: number): number[] =>
    all.filter((each) => parentOf(each) === parent).flatMap((each) => [...below(each), each]);
  return below(pid);
}

function parentOf(pid: number): number | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  } catch {
    // It has ended.
    return null;
  }
}

/** A port that nobody listens on now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}
