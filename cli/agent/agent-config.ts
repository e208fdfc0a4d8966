import { homedir } from 'node:os';
import { loadAgentConfig } from '../../src/config/litestream/find.ts';
import type { ConfigSurroundings, LoadedAgentConfig } from '../../src/config/litestream/types.ts';
import { findingText } from '../../src/config/yaml/problems.ts';
import { CliError } from '../cli-error.ts';

/** What a configuration is read in here. */
export const surroundings = (expandEnv: boolean): ConfigSurroundings => ({
  env: process.env,
  home: homedir(),
  cwd: process.cwd(),
  pid: process.pid,
  expandEnv,
});

/** What to replicate, as the command line or a file says. */
export interface ConfigChoice {
  /** `DB URL...`; empty: a file says. */
  readonly paths: readonly string[];
  readonly config?: string | undefined;
  readonly 'no-expand-env'?: boolean | undefined;
}

/** @throws LfsbError `ECONFIG`, CliError `EUSAGE` */
export async function loadChoice({ paths, config, ...flags }: ConfigChoice): Promise<LoadedAgentConfig> {
  const expand = flags['no-expand-env'] !== true;
  if (paths.length === 0) return loadAgentConfig(config, surroundings(expand));
  const [path, ...urls] = paths;
  if (urls.length === 0) {
    const hint = 'give the URL of one, or name a configuration with -config FILE and no database';
    throw new CliError('EUSAGE', `no replica for ${path}`, hint);
  }
  const text = JSON.stringify({ dbs: [{ path, replicas: urls.map((url) => ({ url })) }] });
  const { parseLitestreamConfig } = await import('../../src/config/litestream/parse.ts');
  return parseLitestreamConfig('the command line', text, surroundings(false));
}

/** What has no effect in it, a line each. */
export const warningsOf = ({ path, warnings }: LoadedAgentConfig): string[] =>
  warnings.map((warning) => findingText(path, warning));
