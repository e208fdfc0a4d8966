import { readdir } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import SshConfig from 'ssh-config';
import { systemCode } from './directory-errors.ts';
import { StorageError } from './errors.ts';

/** Files within files, as deep as ssh itself goes. */
export const INCLUDE_DEPTH_MAX = 16;

/** Files that one configuration may be made of. */
export const INCLUDED_FILES_MAX = 256;

/** What `ssh-config` holds `Host` and `Match` against. */
export interface HostQuery {
  readonly Host: string;
  readonly User?: string;
}

export interface IncludeOptions {
  /** Where relative paths start from: `~/.ssh`. */
  readonly folder: string;
  readonly query: HostQuery;
  readonly expandHome: (path: string) => string;
  /** The contents of a file; empty where there is none. */
  readonly read: (path: string) => Promise<string>;
}

const BLOCK = /^\s*(?:host|match)(?:\s|=)/i;
const INCLUDE = /^\s*include(?:\s+|\s*=\s*)(.*)$/i;

/** Begins a block that counts for every host. */
const EVERY_HOST = 'Host *';

/**
 * The text of an OpenSSH configuration with what it includes put in, as ssh_config(5) has it: a file that is named in
 * a block counts where the block does, its own blocks end with it, and files that are not there are none.
 * @throws StorageError `EINVALID` for files that include each other, or too many
 */
export function withIncludes(text: string, options: IncludeOptions): Promise<string> {
  return new Expansion(options).expand(text, 0);
}

class Expansion {
  readonly #options: IncludeOptions;
  #files = 0;

  constructor(options: IncludeOptions) {
    this.#options = options;
  }

  async expand(text: string, depth: number): Promise<string> {
    const lines: string[] = [];
    let block = EVERY_HOST;
    for (const line of text.split('\n')) {
      const [, named] = INCLUDE.exec(line) ?? [];
      if (named === undefined) lines.push(line);
      else if (this.#counts(block)) lines.push(EVERY_HOST, await this.#included(named, depth + 1), block);
      if (BLOCK.test(line)) block = line;
    }
    return lines.join('\n');
  }

  /** Whether a block is one of the host that is looked for. */
  #counts(block: string): boolean {
    const probe = SshConfig.parse(`${block}\n  Tag lfsb`);
    return probe.compute(this.#options.query, { ignoreCase: true, matchExec: false })['tag'] !== undefined;
  }

  async #included(named: string, depth: number): Promise<string> {
    const { folder, expandHome, read } = this.#options;
    if (depth > INCLUDE_DEPTH_MAX) {
      throw new StorageError('EINVALID', `~/.ssh/config includes files ${depth} deep: ${named}`);
    }
    const texts: string[] = [];
    for (const word of wordsOf(named)) {
      const pattern = expandHome(word);
      for (const path of await matching(isAbsolute(pattern) ? pattern : join(folder, pattern))) {
        this.#files += 1;
        if (this.#files > INCLUDED_FILES_MAX) {
          throw new StorageError('EINVALID', `~/.ssh/config includes more than ${INCLUDED_FILES_MAX} files`);
        }
        texts.push(await this.expand(await read(path), depth), EVERY_HOST);
      }
    }
    return texts.join('\n');
  }
}

/** Words of a line, some in quotes, up to a comment. */
const wordsOf = (text: string): string[] =>
  [...text.replace(/\s#.*$/, '').matchAll(/"([^"]*)"|(\S+)/g)].map(
    ([, quoted, bare]) => quoted ?? bare ?? '',
  );

/** The paths that a pattern stands for, as glob(7) has it, in their order. */
async function matching(pattern: string): Promise<string[]> {
  let found = ['/'];
  for (const part of pattern.split('/').filter((each) => each !== '')) {
    const next = found.map(async (folder) =>
      /[*?[]/.test(part) ? await namesIn(folder, part) : [join(folder, part)],
    );
    found = (await Promise.all(next)).flat();
  }
  return found;
}

async function namesIn(folder: string, pattern: string): Promise<string[]> {
  const shape = shapeOf(pattern);
  const names = await readdir(folder).catch((error: unknown) => {
    const code = systemCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EACCES') return [];
    throw error;
  });
  return names
    .filter((name) => shape.test(name) && (pattern.startsWith('.') || !name.startsWith('.')))
    .sort()
    .map((name) => join(folder, name));
}

const shapeOf = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replaceAll(/\[!?[^\]\\]+\]|[\\^$.*+?(){}|[\]]/g, meaningOf)}$`, 's');

function meaningOf(sign: string): string {
  if (sign.length > 1) return sign.replace('[!', '[^');
  if (sign === '*') return '.*';
  return sign === '?' ? '.' : `\\${sign}`;
}
