import { expect } from 'vitest';

/** What is typed where there are two databases, orders.db and other.db, and a file; what has to be offered, and what must not. */
export const CASES: readonly [line: string, offered: readonly string[], not: readonly string[]][] = [
  ['lfsb ', ['export', 'list', 'log', 'ltx', 'verify'], ['show', 'orders.db']],
  ['lfsb ex', ['export'], ['list']],
  ['lfsb log ', ['show', 'verify'], ['export']],
  ['lfsb export --', ['--output', '--format', '--cluster'], ['--follow']],
  ['lfsb log --f', ['--follow'], ['--format']],
  ['lfsb export o', ['orders.db', 'other.db'], ['export']],
  ['lfsb export --format ', ['sqlite', 'ltx'], ['orders.db']],
  ['lfsb e -f sqlite or', ['orders.db'], ['other.db']],
  ['lfsb log --db ot', ['other.db'], ['orders.db']],
  ['lfsb ltx verify ba', ['backup.ltx'], []],
  ['lfsb export orders.db -o ba', ['backup.ltx'], ['orders.db']],
  ['lfsb completion ', ['bash', 'zsh', 'fish', 'powershell'], []],
];

export const expectOffered = (
  found: readonly string[],
  offered: readonly string[],
  not: readonly string[],
): void => {
  for (const each of offered) expect(found).toContain(each);
  for (const each of not) expect(found).not.toContain(each);
};
