import { basename, dirname, join, resolve } from 'node:path';
import { AgentLog, type AgentLogPlace } from '../../src/agent/inspect/agent-log.ts';
import type { LogClient } from '../../src/client/index.ts';
import { findConfig, loadAgentConfig } from '../../src/config/litestream/find.ts';
import { LfsbError } from '../../src/errors/index.ts';
import { type ConfigChoice, surroundings } from '../agent/agent-config.ts';

/** What tells a log, a server's or that of a replicated database. */
export type LogSource = Pick<LogClient, 'head' | 'read' | 'latest' | 'follow' | 'proof'>;

/** Which configuration says where the log of a database is; left out, it is looked for as `replicate` does. */
export type LogConfig = Pick<ConfigChoice, 'config' | 'no-expand-env'>;

/** Does something with the log of a replicated database, by its path. @throws LfsbError `ENODB`, `ECONFIG` */
export async function withAgentLog<T>(
  path: string,
  choice: LogConfig,
  work: (log: LogSource, own: AgentLog) => Promise<T>,
): Promise<T> {
  const own = AgentLog.open(await placeOf(resolve(path), choice), { env: process.env });
  try {
    // Events are told in one shape, whoever tells them: the agent writes it as the server does.
    return await work(own as unknown as LogSource, own);
  } catch (error) {
    throw isOfReplicas(error) ? withHint(error) : error;
  } finally {
    await own.close();
  }
}

const isOfReplicas = (error: unknown): error is LfsbError =>
  error instanceof LfsbError && error.code === 'EUNAVAILABLE' && error.hint === undefined;

const withHint = (error: LfsbError): LfsbError =>
  new LfsbError(error.code, error.message, {
    cause: error,
    hint: 'replicas are those of the configuration (-config); the last events, as -n 100, are here',
  });

/** As the configuration says, else beside the database. */
async function placeOf(path: string, { config: file, ...flags }: LogConfig): Promise<AgentLogPlace> {
  const configPath = file ?? (await findConfig(undefined, process.env));
  if (configPath !== null) {
    const { config } = await loadAgentConfig(configPath, surroundings(flags['no-expand-env'] !== true));
    const found = config.databases.find((each) => each.path === path);
    if (found !== undefined) return found;
  }
  return { path, metaPath: join(dirname(path), `.${basename(path)}-lfsb`), replicas: [] };
}
