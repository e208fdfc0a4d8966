import { basename, dirname, join, resolve } from 'node:path';
import { AgentLog } from '../../src/agent/inspect/agent-log.ts';
import type { LogClient } from '../../src/client/index.ts';
import { findConfig, loadAgentConfig } from '../../src/config/litestream/find.ts';
import { surroundings } from '../agent/agent-config.ts';

/** What tells a log, a server's or that of a replicated database. */
export type LogSource = Pick<LogClient, 'head' | 'read' | 'latest' | 'follow' | 'proof'>;

/** Does something with the log of a replicated database, by its path. @throws LfsbError `ENODB`, `ECONFIG` */
export async function withAgentLog<T>(
  path: string,
  work: (log: LogSource, own: AgentLog) => Promise<T>,
): Promise<T> {
  const file = resolve(path);
  const own = AgentLog.open(file, await metaPathOf(file));
  try {
    // Events are told in one shape, whoever tells them: the agent writes it as the server does.
    return await work(own as unknown as LogSource, own);
  } finally {
    own.close();
  }
}

/** As the configuration says, else beside the database. */
async function metaPathOf(path: string): Promise<string> {
  const configPath = await findConfig(undefined, process.env);
  if (configPath !== null) {
    const { config } = await loadAgentConfig(configPath, surroundings(true));
    const found = config.databases.find((each) => each.path === path);
    if (found !== undefined) return found.metaPath;
  }
  return join(dirname(path), `.${basename(path)}-lfsb`);
}
