import { configKind } from '../../src/config/kind.ts';
import { findConfig, noConfig, readConfigText } from '../../src/config/litestream/find.ts';
import { surroundings, warningsOf } from '../agent/agent-config.ts';

/** What a check came to: for a person, and for a program. */
export interface CheckedConfig {
  readonly told: string;
  readonly warnings: readonly string[];
  readonly record: object;
}

/**
 * Reads a configuration as the program that it is for would.
 * @throws LfsbError `ECONFIG`
 */
export async function checkConfig(named: string | undefined, expandEnv: boolean): Promise<CheckedConfig> {
  const path = await findConfig(named, process.env);
  if (path === null) throw noConfig();
  const text = await readConfigText(path);
  return configKind(text) === 'serve' ? checkServer(path, text) : checkAgent(path, text, expandEnv);
}

async function checkAgent(path: string, text: string, expandEnv: boolean): Promise<CheckedConfig> {
  const { parseLitestreamConfig } = await import('../../src/config/litestream/parse.ts');
  const { describeAgent } = await import('./describe.ts');
  const loaded = parseLitestreamConfig(path, text, surroundings(expandEnv));
  const count = loaded.config.databases.length;
  return {
    told: `${path}: ok, ${count} ${count === 1 ? 'database' : 'databases'}\n${describeAgent(loaded.config)}`,
    warnings: warningsOf(loaded),
    record: { kind: 'replicate', ...loaded },
  };
}

async function checkServer(path: string, text: string): Promise<CheckedConfig> {
  const { loadConfig } = await import('../../src/config/index.ts');
  const { planOf } = await import('../../src/server.ts');
  const { describeServer, serverRecord } = await import('./describe-server.ts');
  const { config, warnings } = loadConfig(process.env, {}, false, { path, text });
  const plan = planOf(config);
  return {
    told: `${path}: ok, for the server\n${describeServer(config, plan)}`,
    warnings,
    record: { kind: 'serve', path, config: serverRecord(config, plan), warnings },
  };
}
