import ssh2, { type Client, type ConnectConfig, type ServerHostKeyAlgorithm, type SFTPWrapper } from 'ssh2';
import { StorageError } from './errors.ts';
import { authOf, type SftpAuth } from './sftp-auth.ts';
import { resolveHost, type SftpHost } from './sftp-host.ts';
import { type AcceptedKeys, HostKeyCheck } from './sftp-host-key.ts';
import { hostName } from './sftp-known-hosts.ts';
import { SftpSession } from './sftp-session.ts';
import type { SftpLocation, SftpSettings } from './sftp-settings.ts';

/** From the first packet to a login, ms. */
const READY_MS_MAX = 20_000;

/** A silent connection is asked for a sign of life so often, ms... */
const KEEPALIVE_MS = 15_000;
/** ... and given up after so many without one. */
const KEEPALIVES_MAX = 3;

/** How host keys are signed with, by the type of the key: an RSA key has several ways. */
const SIGNATURES: Readonly<Record<string, readonly ServerHostKeyAlgorithm[]>> = {
  'ssh-rsa': ['rsa-sha2-512', 'rsa-sha2-256'],
};
const ALL_TYPES = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'ssh-rsa',
];

/** A connection that was made. */
export interface Connected {
  readonly session: SftpSession;
  /** What is to be told of it, for the log. */
  readonly notes: readonly string[];
}

/**
 * Connects, checks the host's key, logs in, and opens SFTP. Files of keys and of known hosts are read anew.
 * @param signal ends the attempt
 * @throws StorageError EHOSTKEY, EDENIED, EINVALID (settings that cannot be used), or EUNAVAILABLE
 */
export async function connectSftp(
  location: SftpLocation,
  settings: SftpSettings,
  accepted: AcceptedKeys,
  signal: AbortSignal,
): Promise<Connected> {
  const host = await resolveHost(location, settings);
  const check = await HostKeyCheck.open(host, settings.hostKeys ?? [], accepted);
  const auth = await authOf(host, settings);
  const name = `${host.user}@${hostName(host.host, host.port)}`;
  const client = new ssh2.Client();
  const giveUp = (): void => void client.destroy();
  signal.throwIfAborted();
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await login(client, configOf(host, check, auth), (error) => translate(error, name, check, auth));
    const session = await openChannel(client, name);
    const note = await check.remember();
    return { session, notes: note === null ? [] : [note] };
  } catch (error) {
    client.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

function configOf(host: SftpHost, check: HostKeyCheck, auth: SftpAuth): ConnectConfig {
  const types = check.types.filter((type) => ALL_TYPES.includes(type));
  // Known types first, so that a host of which we know one key is not asked for another one.
  const wanted = types.length > 0 ? types : ALL_TYPES;
  return {
    host: host.host,
    port: host.port,
    username: host.user,
    authHandler: [...auth.methods],
    algorithms: {
      serverHostKey: wanted.flatMap((type) => SIGNATURES[type] ?? [type as ServerHostKeyAlgorithm]),
    },
    hostVerifier: (key: Buffer) => check.accepts(key),
    readyTimeout: READY_MS_MAX,
    keepaliveInterval: KEEPALIVE_MS,
    keepaliveCountMax: KEEPALIVES_MAX,
  };
}

function login(
  client: Client,
  config: ConnectConfig,
  translated: (error: unknown) => unknown,
): Promise<void> {
  return new Promise((resolve, reject) => {
    client.on('error', (error) => reject(translated(error)));
    client.on('close', () => reject(translated(new Error('the connection was closed'))));
    client.on('connect', () => client.setNoDelay(true));
    client.on('ready', () => resolve());
    client.connect(config);
  });
}

function openChannel(client: Client, name: string): Promise<SftpSession> {
  const gone = (why: string): StorageError => new StorageError('EUNAVAILABLE', `${name}: ${why}`);
  return new Promise((resolve, reject) => {
    let why = 'the connection was closed';
    let session: SftpSession | null = null;
    const end = (): void => {
      session?.end(gone(why));
      reject(gone(why));
    };
    client.on('error', (error) => {
      why = error.message;
      end();
    });
    client.on('close', end);
    client.sftp((error: Error | undefined, sftp: SFTPWrapper) => {
      if (error) {
        reject(new StorageError('EINVALID', `${name} offers no SFTP: ${error.message}`, { cause: error }));
        return;
      }
      session = new SftpSession(client, sftp, name);
      sftp.on('close', end);
      sftp.on('error', (failure: Error) => {
        why = failure.message;
        end();
      });
      resolve(session);
    });
  });
}

function translate(error: unknown, name: string, check: HostKeyCheck, auth: SftpAuth): unknown {
  if (check.refusal !== null) return check.refusal;
  const { level, message } = error as { level?: unknown; message: string };
  if (level === 'client-authentication') {
    return new StorageError('EDENIED', `${name} does not let us in; tried ${auth.names.join(', ')}`, {
      cause: error,
    });
  }
  return new StorageError('EUNAVAILABLE', `cannot connect to ${name}: ${message}`, { cause: error });
}
