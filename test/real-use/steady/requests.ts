/** A request as the server got it, taken apart. */
export interface Request {
  readonly method: string;
  /** The replica's prefix in the bucket; empty where the request names the bucket only. */
  readonly replica: string;
  /** What is asked for: a database file, a part of the log, what a store is tried with, many at once, unfinished uploads. */
  readonly what: 'file' | 'log' | 'checkpoint' | 'probe' | 'deletion' | 'sweep' | 'listing' | 'other';
  readonly db: string;
  readonly level: number;
  /** Its path. */
  readonly path: string;
}

/** Takes `METHOD /bucket/prefix/key?query` apart. */
export function parseRequest(line: string): Request {
  const [method = '', url = ''] = line.split(' ');
  const { pathname, searchParams } = new URL(url, 'http://s3');
  const [, , replica = '', ...parts] = decodeURIComponent(pathname).split('/');
  const file = { method, replica, db: '', level: 0, path: pathname };
  if (searchParams.has('delete')) return { ...file, what: 'deletion' };
  if (searchParams.has('list-type')) return { ...file, what: 'listing' };
  if (replica === '' && searchParams.has('uploads')) return { ...file, what: 'sweep' };
  if (parts[0] === '.lfsb') return { ...file, what: whatOf(parts[1]) };
  const [, db = '', level = ''] = parts;
  return { ...file, what: /^\d$/.test(level) ? 'file' : 'other', db, level: Number(level) };
}

const whatOf = (folder: string | undefined): Request['what'] =>
  folder === 'log' || folder === 'checkpoint' || folder === 'probe' ? folder : 'other';

/** How many there are of each, by a name for each. */
export function countBy<T>(items: readonly T[], name: (item: T) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const item of items) counts[name(item)] = (counts[name(item)] ?? 0) + 1;
  return counts;
}

/** Without those that ask the same once more: on a busy machine a request may time out, and is tried again. */
export const withoutTriesAgain = (requests: readonly Request[]): Request[] => [
  ...new Map(requests.map((request) => [request.path, request])).values(),
];
