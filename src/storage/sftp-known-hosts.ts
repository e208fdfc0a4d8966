import { createHash, createHmac } from 'node:crypto';

/** What `known_hosts` files say of a key that a host shows. */
export type HostKeyVerdict = 'known' | 'unknown' | 'changed' | 'revoked';

const SSH_PORT = 22;

interface Entry {
  readonly marker: string | undefined;
  readonly hosts: string;
  readonly type: string;
  readonly key: string;
}

/** Known host keys, as sshd(8) describes the file: hashed and plain names, patterns, ports, `@revoked`. */
export class KnownHosts {
  readonly #entries: readonly Entry[];

  /** @param texts contents of the files, all of which count */
  constructor(...texts: readonly string[]) {
    this.#entries = texts.flatMap((text) => text.split('\n')).flatMap(parseLine);
  }

  /**
   * A host of which other keys are known is `changed`, also where they are of other types: else an impostor
   * would only have to show a type that was never seen.
   */
  judge(host: string, port: number, key: Uint8Array): HostKeyVerdict {
    const shown = Buffer.from(key).toString('base64');
    const mine = this.#of(host, port);
    const same = mine.filter((entry) => entry.key === shown);
    if (same.some(({ marker }) => marker === '@revoked')) return 'revoked';
    const known = mine.filter(({ marker }) => marker === undefined);
    if (known.some((entry) => entry.key === shown)) return 'known';
    return known.length === 0 ? 'unknown' : 'changed';
  }

  /** Types of the keys known of a host: it is asked for one of these first. */
  typesOf(host: string, port: number): string[] {
    const known = this.#of(host, port).filter(({ marker }) => marker === undefined);
    return [...new Set(known.map(({ type }) => type))];
  }

  #of(host: string, port: number): Entry[] {
    const named = this.#entries.filter(({ hosts }) => names(hosts, hostName(host, port)));
    if (named.some(({ marker }) => marker === undefined) || port === SSH_PORT) return named;
    // As ssh does: a key that is known without the port is known with it.
    return [...named, ...this.#entries.filter(({ hosts }) => names(hosts, hostName(host, SSH_PORT)))];
  }
}

/** A host as `known_hosts` names it: `example.net`, or `[example.net]:2222`. */
export const hostName = (host: string, port: number): string =>
  port === SSH_PORT ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`;

/** A line for `known_hosts`. */
export const knownHostsLine = (host: string, port: number, key: Uint8Array): string =>
  `${hostName(host, port)} ${publicKeyText(key)}\n`;

/** A public key as it stands in files: its type, and its bytes in base64. */
export const publicKeyText = (key: Uint8Array): string =>
  `${keyType(key)} ${Buffer.from(key).toString('base64')}`;

/** `SHA256:` and the hash of a key, as ssh prints it. */
export const fingerprint = (key: Uint8Array): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type that a public key says it is of; empty for bytes that are no key. */
function keyType(key: Uint8Array): string {
  const bytes = Buffer.from(key);
  const length = bytes.length < 4 ? 0 : bytes.readUInt32BE(0);
  return bytes.subarray(4, 4 + Math.min(length, 64)).toString('latin1');
}

function parseLine(line: string): Entry[] {
  const fields = line.trim().split(/\s+/);
  const marker = fields[0]?.startsWith('@') ? fields.shift() : undefined;
  const [hosts, type, key] = fields;
  if (hosts === undefined || hosts === '' || hosts.startsWith('#')) return [];
  if (type === undefined || key === undefined || !/^[A-Za-z0-9+/]+=*$/.test(key)) return [];
  return [{ marker, hosts, type, key }];
}

function names(hosts: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(hosts);
  if (hashed !== null) {
    const hmac = createHmac('sha1', Buffer.from(hashed[1]!, 'base64')).update(name);
    return hmac.digest('base64') === hashed[2];
  }
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && glob(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && glob(pattern, name));
}

function glob(pattern: string, name: string): boolean {
  const escaped = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`).test(name);
}
