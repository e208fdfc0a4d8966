import { basename } from 'node:path';

/** Replicated databases have no cluster; the engine's names need one. */
export const AGENT_CLUSTER = 'local';

/** Longest name of a database that the engine takes, characters. */
const NAME_CHARS_MAX = 256;

/** What a database is called in its own log: its file's name, as far as names may be like that. */
export function databaseNameOf(path: string): string {
  const name = basename(path)
    .replaceAll(/[^A-Za-z0-9_.-]/g, '_')
    .replace(/^\./, '_')
    .slice(0, NAME_CHARS_MAX);
  return name === '' ? '_' : name;
}
