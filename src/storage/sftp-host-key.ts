import { appendFile, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StorageError } from './errors.ts';
import { readIfThere, type SftpHost } from './sftp-host.ts';
import { fingerprint, hostName, KnownHosts, knownHostsLine, publicKeyText } from './sftp-known-hosts.ts';

/** Keys that were accepted and that no file took, as lines of `known_hosts`: good for as long as we run. */
export interface AcceptedKeys {
  lines: string;
}

/** Decides whether a host is the one that is meant, before anything is told to it. */
export class HostKeyCheck {
  readonly #host: SftpHost;
  readonly #pinned: readonly string[];
  readonly #known: KnownHosts;
  readonly #accepted: AcceptedKeys;
  /** Why the key was refused. */
  refusal: StorageError | null = null;
  /** The key, when it was seen for the first time and accepted. */
  #fresh: Buffer | null = null;

  private constructor(host: SftpHost, pinned: readonly string[], known: KnownHosts, accepted: AcceptedKeys) {
    this.#host = host;
    this.#pinned = pinned;
    this.#known = known;
    this.#accepted = accepted;
  }

  /** @param pinned keys or fingerprints that alone count; empty: `known_hosts` does */
  static async open(
    host: SftpHost,
    pinned: readonly string[],
    accepted: AcceptedKeys,
  ): Promise<HostKeyCheck> {
    const texts = await Promise.all(
      host.knownHostsPaths.map((path) => readIfThere(path, host.knownHostsNamed)),
    );
    return new HostKeyCheck(host, pinned, new KnownHosts(...texts, accepted.lines), accepted);
  }

  /** Types of keys to ask for, best first; empty: any. */
  get types(): string[] {
    const pinned = this.#pinned.map((key) => key.trim().split(/\s+/)).filter((fields) => fields.length > 1);
    if (this.#pinned.length > 0) return pinned.map((fields) => fields[0]!);
    return this.#known.typesOf(this.#host.keyName, this.#host.port);
  }

  /** Whether to go on with a host that shows `key`; else `refusal` says why not. */
  accepts(key: Buffer): boolean {
    this.refusal = this.#judge(key);
    return this.refusal === null;
  }

  /**
   * Remembers a key that was new, now that the host has let us in with it. Says what happened, or null.
   * Where no file takes it, this process remembers.
   */
  async remember(): Promise<string | null> {
    const key = this.#fresh;
    const path = this.#host.knownHostsPaths[0];
    if (key === null || path === undefined) return null;
    const { keyName, port } = this.#host;
    const line = knownHostsLine(keyName, port, key);
    const seen = `its key, ${fingerprint(key)}, is new and was accepted`;
    try {
      await mkdir(dirname(path), { recursive: true, mode: 0o700 });
      const before = await readIfThere(path, true);
      const start = before === '' || before.endsWith('\n') ? '' : '\n';
      await appendFile(path, start + line, { mode: 0o600 });
      return seen;
    } catch (error) {
      this.#accepted.lines += line;
      return `${seen}, but could not be remembered (${(error as Error).message}): set host-key to "${publicKeyText(key)}"`;
    }
  }

  #judge(key: Buffer): StorageError | null {
    const { keyName, port, acceptNew, knownHostsPaths } = this.#host;
    const name = hostName(keyName, port);
    const shown = fingerprint(key);
    if (this.#pinned.length > 0) {
      if (this.#pinned.some((pinned) => matches(pinned, key))) return null;
      return refuse(`${name} shows the key ${shown}, which is not the host-key that is configured`);
    }
    switch (this.#known.judge(keyName, port, key)) {
      case 'known':
        return null;
      case 'revoked':
        return refuse(`the key that ${name} shows, ${shown}, is revoked`);
      case 'changed':
        return refuse(
          `the key of ${name} has changed: it shows ${shown}, and ${knownHostsPaths[0]} knows another one. Somebody may be in between; if the server was set up anew, remove the old key with ssh-keygen -R '${name}'`,
        );
      case 'unknown':
        if (!acceptNew) return refuse(`${name} is not in ${knownHostsPaths[0]}; it shows the key ${shown}`);
        this.#fresh = key;
        return null;
    }
  }
}

const refuse = (message: string): StorageError => new StorageError('EHOSTKEY', message);

function matches(pinned: string, key: Buffer): boolean {
  const fields = pinned.trim().split(/\s+/);
  if (fields.length === 1) return fields[0] === fingerprint(key);
  return fields.slice(0, 2).join(' ') === publicKeyText(key);
}
