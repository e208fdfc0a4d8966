import { readFile } from 'node:fs/promises';
import ssh2, { type AuthMethod, type ParsedKey } from 'ssh2';
import { systemCode } from './directory-errors.ts';
import { StorageError } from './errors.ts';
import type { SftpHost } from './sftp-host.ts';
import type { SftpSettings } from './sftp-settings.ts';

/** Ways to prove who we are, and what they are called in a message: never a secret. */
export interface SftpAuth {
  readonly methods: readonly AuthMethod[];
  readonly names: readonly string[];
}

interface Proof {
  readonly method: AuthMethod;
  readonly name: string;
}

/**
 * All that may be tried, in this order: keys that were named or are in ssh's own places, the agent's, the
 * password. Keys are read each time, so that a new key counts from the next connection on.
 * @throws StorageError EDENIED when a key that was named cannot be used, or there is nothing to try
 */
export async function authOf(host: SftpHost, settings: SftpSettings): Promise<SftpAuth> {
  const username = host.user;
  const named = settings.keyPath !== undefined;
  const proofs: Proof[] = [];
  let locked: string | null = null;
  for (const path of host.keyPaths) {
    const key = await readKey(path, settings.passphrase, named);
    if (key === 'encrypted') locked ??= path;
    else if (key !== null) proofs.push({ method: keyMethod(username, key), name: `key ${path}` });
  }
  // An agent may hold the key that we cannot open ourselves.
  if (host.agentSocket !== undefined && (!named || locked !== null)) {
    proofs.push({ method: agentMethod(username, host.agentSocket), name: 'the ssh agent' });
  }
  if (settings.password !== undefined) {
    const { password } = settings;
    proofs.push({ method: passwordMethod(username, password), name: 'the password' });
    proofs.push({ method: interactiveMethod(username, password), name: 'the password, when asked for it' });
  }
  if (proofs.length === 0) throw nothingToTry(host, locked);
  return { methods: proofs.map(({ method }) => method), names: proofs.map(({ name }) => name) };
}

const nothingToTry = ({ user, host }: SftpHost, locked: string | null): StorageError =>
  new StorageError(
    'EDENIED',
    locked === null
      ? `nothing to log in to ${user}@${host} with: no key, no agent, no password`
      : `${locked} is encrypted, and there is neither its passphrase nor an agent`,
  );

/** Null where there is no file and none was asked for by name. */
async function readKey(
  path: string,
  passphrase: string | undefined,
  named: boolean,
): Promise<ParsedKey | 'encrypted' | null> {
  const text = await readKeyFile(path, named);
  if (text === null) return null;
  const key = ssh2.utils.parseKey(text, passphrase);
  if (!(key instanceof Error)) return Array.isArray(key) ? (key[0] as ParsedKey) : key;
  const encrypted = /no passphrase given/i.test(key.message);
  if (encrypted) return 'encrypted';
  if (!named) return null;
  const why = passphrase === undefined ? 'it is no private key that is understood' : 'wrong passphrase?';
  throw new StorageError('EDENIED', `cannot use the key ${path}: ${why}`, { cause: key });
}

async function readKeyFile(path: string, named: boolean): Promise<Buffer | null> {
  try {
    return await readFile(path);
  } catch (error) {
    if (systemCode(error) === 'ENOENT' && !named) return null;
    const message = `cannot read the key ${path}: ${(error as Error).message}`;
    throw new StorageError('EDENIED', message, { cause: error });
  }
}

const keyMethod = (username: string, key: ParsedKey): AuthMethod =>
  ({ type: 'publickey', username, key }) as AuthMethod;

const agentMethod = (username: string, agent: string): AuthMethod =>
  ({ type: 'agent', username, agent }) as AuthMethod;

const passwordMethod = (username: string, password: string): AuthMethod =>
  ({ type: 'password', username, password }) as AuthMethod;

/** Servers that ask for the password by a dialogue: it answers what is not to be shown, and nothing else. */
const interactiveMethod = (username: string, password: string): AuthMethod =>
  ({
    type: 'keyboard-interactive',
    username,
    prompt: (
      _name: string,
      _instructions: string,
      _language: string,
      prompts: readonly { readonly echo?: boolean }[],
      finish: (answers: string[]) => void,
    ) => finish(prompts.map(({ echo }) => (echo === true ? '' : password))),
  }) as AuthMethod;
