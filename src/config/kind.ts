import { Findings } from './yaml/problems.ts';
import { YamlSettings } from './yaml/tree.ts';

/** Settings that only the server has. */
const SERVER_KEYS = [
  'data',
  'bind',
  'log',
  'replicas',
  's3',
  'sftp',
  'bandwidth',
  'ingest-bytes-max',
  'level0-bytes',
  'sentry-dsn',
];

/** Which program a configuration is for, by what it holds: `dbs` are replicated; else it may be the server's. */
export function configKind(text: string): 'replicate' | 'serve' {
  const top = YamlSettings.parse(text, (value) => value, new Findings());
  return !top.has('dbs') && SERVER_KEYS.some((key) => top.has(key)) ? 'serve' : 'replicate';
}
