import { readFile } from 'node:fs/promises';
import { homedir, userInfo } from 'node:os';
import { join } from 'node:path';
import SshConfig from 'ssh-config';
import { systemCode } from './directory-errors.ts';
import { StorageError } from './errors.ts';
import type { SftpLocation, SftpSettings } from './sftp-settings.ts';
import { type HostQuery, withIncludes } from './ssh-config-include.ts';

const SSH_PORT = 22;
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** Settings of `~/.ssh/config` that lead elsewhere than to the host; without them we would reach a wrong one. */
const NOT_HONOURED = ['proxyjump', 'proxycommand'];

/** A server and who we are there, with all aliases resolved. */
export interface SftpHost {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** The name that its key is known by. */
  readonly keyName: string;
  /** Private keys that may be there. */
  readonly keyPaths: readonly string[];
  readonly knownHostsPaths: readonly string[];
  /** Whether a setting names that file. */
  readonly knownHostsNamed: boolean;
  readonly acceptNew: boolean;
  readonly agentSocket: string | undefined;
}

/**
 * Resolves a host by `~/.ssh/config` (HostName, Port, User, IdentityFile, IdentityAgent, IdentitiesOnly,
 * HostKeyAlias, UserKnownHostsFile, StrictHostKeyChecking) and what it includes, read anew each time. What a URL or a setting says
 * wins. `Match exec` is not run.
 */
export async function resolveHost(location: SftpLocation, settings: SftpSettings): Promise<SftpHost> {
  const config = await readConfig(location, settings);
  const host = config.one('hostname') ?? location.host;
  const user = location.user ?? config.one('user') ?? userInfo().username;
  const fill = (text: string): string =>
    expandHome(text.replace(/%[hru%]/g, (token) => expandToken(token, host, user)));
  const identities = config.all('identityfile').map(fill);
  const strict = config.one('stricthostkeychecking');
  return {
    host,
    port: location.port ?? parsePort(config.one('port') ?? String(SSH_PORT)),
    user,
    keyName: config.one('hostkeyalias') ?? host,
    keyPaths: settings.keyPath === undefined ? [...identities, ...defaultKeys()] : [fill(settings.keyPath)],
    knownHostsPaths: knownHosts(settings, config.all('userknownhostsfile')).map(fill),
    knownHostsNamed: settings.knownHostsPath !== undefined,
    acceptNew: settings.acceptNew ?? !(strict === 'yes' || strict === 'true'),
    agentSocket: agentOf(settings, config.one('identityagent'), config.one('identitiesonly')),
  };
}

function parsePort(text: string): number {
  const port = /^[0-9]{1,5}$/.test(text) ? Number(text) : 0;
  if (port >= 1 && port <= 65_535) return port;
  throw new StorageError('EINVALID', `Port ${text} of ~/.ssh/config is none`);
}

interface ComputedConfig {
  one(name: string): string | undefined;
  all(name: string): string[];
}

async function readConfig(location: SftpLocation, settings: SftpSettings): Promise<ComputedConfig> {
  const path = settings.configPath === undefined ? '~/.ssh/config' : settings.configPath;
  const query = { Host: location.host, ...(location.user !== undefined && { User: location.user }) };
  const text =
    path === null ? '' : await readWhole(expandHome(path), settings.configPath !== undefined, query);
  const found = SshConfig.parse(text).compute(query, { ignoreCase: true, matchExec: false });
  const all = (name: string): string[] => {
    const value = found[name];
    if (value === undefined) return [];
    return typeof value === 'string' ? [value] : value;
  };
  const refused = NOT_HONOURED.find((name) => all(name).some((value) => value !== 'none'));
  if (refused !== undefined) {
    throw new StorageError('EINVALID', `${path} has ${refused} for ${location.host}, which is not supported`);
  }
  return { one: (name) => all(name)[0], all };
}

async function readWhole(path: string, named: boolean, query: HostQuery): Promise<string> {
  const text = await readIfThere(path, named);
  const read = (included: string): Promise<string> => readIfThere(included, false);
  return withIncludes(text, { folder: expandHome('~/.ssh'), query, expandHome, read });
}

/**
 * The contents of a file; empty where there is none, or, unless it was `named`, where we may not look: a
 * service that is kept out of home folders has no `~/.ssh`.
 */
export async function readIfThere(path: string, named: boolean): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const code = systemCode(error);
    if (code === 'ENOENT' || (code === 'EACCES' && !named)) return '';
    throw new StorageError('EINVALID', `cannot read ${path}: ${(error as Error).message}`, { cause: error });
  }
}

export const expandHome = (path: string): string => path.replace(/^~(?=\/|$)/, homedir());

const expandToken = (token: string, host: string, user: string): string =>
  ({ '%h': host, '%r': user, '%u': userInfo().username })[token] ?? '%';

const defaultKeys = (): string[] => DEFAULT_KEYS.map((name) => join(homedir(), '.ssh', name));

function knownHosts(settings: SftpSettings, configured: readonly string[]): readonly string[] {
  if (settings.knownHostsPath !== undefined) return [settings.knownHostsPath];
  const own = configured.length > 0 ? configured : ['~/.ssh/known_hosts'];
  return [...own, '/etc/ssh/ssh_known_hosts'];
}

/** A key that was named is the one to use: an agent full of others would use up the tries that a server grants. */
function agentOf(
  settings: SftpSettings,
  configured: string | undefined,
  identitiesOnly: string | undefined,
): string | undefined {
  const socket = settings.agentSocket ?? configured ?? 'SSH_AUTH_SOCK';
  if (socket === 'none' || identitiesOnly === 'yes') return undefined;
  return socket === 'SSH_AUTH_SOCK' ? process.env['SSH_AUTH_SOCK'] || undefined : expandHome(socket);
}
