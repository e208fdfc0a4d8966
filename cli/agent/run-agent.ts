import { Agent } from '../../src/agent/agent.ts';
import type { AgentHttp, serveAgent } from '../../src/agent/http.ts';
import type { Behind } from '../../src/agent/messages.ts';
import type { AgentConfig } from '../../src/config/litestream/types.ts';
import { ERROR_CATALOGUE, type ErrorCode, EXIT, LfsbError } from '../../src/errors/index.ts';
import type { Signals } from '../signals.ts';
import { Child } from './child.ts';
import { notifySystemd } from './notify.ts';

export interface RunOptions {
  /** Command to run beside; null: none. */
  readonly exec: string | null;
  readonly once: boolean;
  readonly signals: Signals;
  /** Says something to whoever watches. */
  readonly note: (text: string) => void;
}

/**
 * Replicates until a signal, or until the command beside it ends, with one last sync then. Resolves to the exit
 * code: that of the command, where there is one.
 * @throws LfsbError `ECONFIG`, `EBIND`; when `once` did not store everything, why the first database was not read, or
 *   `EUNAVAILABLE`
 */
export async function runAgent(config: AgentConfig, options: RunOptions): Promise<number> {
  const { once, note } = options;
  let agent: Agent | null = null;
  const http = once || config.addr === null ? null : await serveHttp(config.addr, () => agent?.reports ?? []);
  if (http !== null) note(`metrics: ${http.url}/metrics`);
  try {
    agent = new Agent(config, { env: process.env, once });
    return await (once ? syncOnce(agent, options) : runUntilEnd(agent, options));
  } catch (error) {
    // What still runs would keep the process alive. That not all of it ends is part of the failure.
    await agent?.stop('failed').catch(() => {});
    throw error;
  } finally {
    await http?.close();
  }
}

/** A server takes longer to load than all the rest, and memory; few ask for one. */
async function serveHttp(...where: Parameters<typeof serveAgent>): Promise<AgentHttp> {
  return (await import('../../src/agent/http.ts')).serveAgent(...where);
}

async function runUntilEnd(agent: Agent, { exec, signals, note }: RunOptions): Promise<number> {
  const early = await Promise.race([agent.tried, agent.ended, signals.first]);
  if (early === undefined) notifySystemd('ready');
  // Nobody starts what is to end.
  const child = exec === null || early !== undefined ? null : new Child(exec);
  const code = await untilEnd({ agent, child, signals });
  notifySystemd('stopping');
  tellBehind(await agent.stop(code.reason), note);
  return code.exit;
}

async function syncOnce(agent: Agent, { signals, note }: RunOptions): Promise<number> {
  const early = await Promise.race([agent.ended, signals.first]);
  if (typeof early !== 'string') return requireAll(early);
  tellBehind(await agent.stop(early), note);
  return EXIT.interrupted;
}

interface Running {
  readonly agent: Agent;
  readonly child: Child | null;
  readonly signals: Signals;
}

async function untilEnd({ agent, child, signals }: Running): Promise<{ exit: number; reason: string }> {
  const failed = agent.ended.then(() => {
    throw new LfsbError('EINTERNAL', 'the agent ended by itself');
  });
  if (child === null) return { exit: 0, reason: await Promise.race([signals.first, failed]) };
  const passNoMore = signals.passTo((signal) => child.pass(signal));
  const exit = await Promise.race([child.ended, failed]);
  passNoMore();
  return { exit, reason: `the command ended with code ${exit}` };
}

const textOf = ({ path, replicas, trouble }: Behind): string =>
  trouble?.message ?? `${path}: not all is stored on ${replicas.join(', ')}`;

function requireAll(behind: readonly Behind[]): number {
  const [first] = behind;
  if (first === undefined) return 0;
  const code = first.trouble?.code ?? '';
  throw new LfsbError(isErrorCode(code) ? code : 'EUNAVAILABLE', behind.map(textOf).join('; '), {
    hint: 'the lines above say why; what is missing is stored by the next run',
  });
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_CATALOGUE, code);

function tellBehind(behind: readonly Behind[], note: (text: string) => void): void {
  for (const each of behind) note(`Warning: ${textOf(each)}; it follows after the next start`);
}
