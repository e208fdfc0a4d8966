import { Agent } from '../../src/agent/agent.ts';
import { serveAgent } from '../../src/agent/http.ts';
import type { Behind } from '../../src/agent/messages.ts';
import type { AgentConfig } from '../../src/config/litestream/types.ts';
import { LfsbError } from '../../src/errors/index.ts';
import { takeOverSignals } from '../interrupt.ts';
import { Child } from './child.ts';
import { notifySystemd } from './notify.ts';

export interface RunOptions {
  /** Command to run beside; null: none. */
  readonly exec: string | null;
  readonly once: boolean;
  /** Says something to whoever watches. */
  readonly note: (text: string) => void;
}

/**
 * Replicates until a signal, or until the command beside it ends, with one last sync then. Resolves to the exit
 * code: that of the command, where there is one.
 * @throws LfsbError `ECONFIG`, `EBIND`; `EUNAVAILABLE` when `once` did not store everything
 */
export async function runAgent(config: AgentConfig, { exec, once, note }: RunOptions): Promise<number> {
  const signalled = new Promise<NodeJS.Signals>((resolve) => takeOverSignals(resolve));
  const agent = new Agent(config, { env: process.env, once });
  if (once) return requireAll(await agent.ended);
  const http = config.addr === null ? null : await serveAgent(config.addr, () => agent.reports);
  if (http !== null) note(`metrics: ${http.url}/metrics`);
  try {
    await Promise.race([agent.tried, agent.ended, signalled]);
    notifySystemd('ready');
    const child = exec === null ? null : new Child(exec);
    const code = await untilEnd({ agent, child, signalled });
    notifySystemd('stopping');
    tellBehind(await agent.stop(code.reason), note);
    return code.exit;
  } finally {
    await http?.close();
  }
}

interface Running {
  readonly agent: Agent;
  readonly child: Child | null;
  readonly signalled: Promise<NodeJS.Signals>;
}

async function untilEnd({ agent, child, signalled }: Running): Promise<{ exit: number; reason: string }> {
  const failed = agent.ended.then(() => {
    throw new LfsbError('EINTERNAL', 'the agent ended by itself');
  });
  if (child === null) return { exit: 0, reason: await Promise.race([signalled, failed]) };
  void signalled.then((signal) => child.pass(signal));
  const exit = await Promise.race([child.ended, failed]);
  return { exit, reason: `the command ended with code ${exit}` };
}

const textOf = ({ path, replicas }: Behind): string => `${path}: not all is stored on ${replicas.join(', ')}`;

function requireAll(behind: readonly Behind[]): number {
  if (behind.length === 0) return 0;
  throw new LfsbError('EUNAVAILABLE', behind.map(textOf).join('; '), {
    hint: 'the lines above say why; what is missing is stored by the next run',
  });
}

function tellBehind(behind: readonly Behind[], note: (text: string) => void): void {
  for (const each of behind) note(`Warning: ${textOf(each)}; it follows after the next start`);
}
