import * as Flags from '@oclif/core/flags';
import type { LfsbClient } from '../src/client/index.ts';
import { BaseCommand } from './base-command.ts';
import { CliError } from './cli-error.ts';

const TIMEOUT_S_MAX = 86_400;

/** What `parse` gives of the flags that every command of a server has. */
export interface ServerFlags {
  readonly cluster?: string | undefined;
  readonly endpoint?: string | undefined;
  readonly token?: string | undefined;
  readonly timeout?: number | undefined;
}

/** The base of every command that talks to a server. */
export abstract class ServerCommand extends BaseCommand {
  static override baseFlags = {
    ...BaseCommand.baseFlags,
    cluster: Flags.string({
      char: 'c',
      summary: 'cluster name (LFSB_CLUSTER)',
      helpValue: 'NAME',
      env: 'LFSB_CLUSTER',
      helpGroup: 'GLOBAL',
    }),
    endpoint: Flags.string({
      char: 'e',
      summary: 'where the server is (LFSB_ENDPOINT)',
      helpValue: 'URL',
      env: 'LFSB_ENDPOINT',
      helpGroup: 'GLOBAL',
    }),
    token: Flags.string({
      summary: 'credential, when the server asks for one (LFSB_TOKEN)',
      env: 'LFSB_TOKEN',
      helpGroup: 'GLOBAL',
      noCacheDefault: true,
    }),
    timeout: Flags.integer({
      summary: 'seconds that the server may be silent (LFSB_TIMEOUT)',
      helpValue: 'SECONDS',
      env: 'LFSB_TIMEOUT',
      min: 1,
      max: TIMEOUT_S_MAX,
      helpGroup: 'GLOBAL',
    }),
  };

  /** Does something with a client of the server that the flags name. */
  protected async withClient<T>(flags: ServerFlags, work: (client: LfsbClient) => Promise<T>): Promise<T> {
    const { cluster, endpoint, token, timeout } = flags;
    if (!cluster) throw missing('cluster', 'NAME', 'LFSB_CLUSTER');
    if (!endpoint) throw missing('endpoint', 'URL', 'LFSB_ENDPOINT');
    const { LfsbClient } = await import('../src/client/index.ts');
    const timeoutMs = timeout === undefined ? undefined : timeout * 1_000;
    const { Waiting } = await import('./waiting.ts');
    const waiting = new Waiting(endpoint);
    const onWait = (isWaiting: boolean): void => waiting.set(isWaiting);
    const client = new LfsbClient({ endpoint, cluster, token: token || undefined, timeoutMs, onWait });
    // Not with `using`: the compiler leaves the names of modules that are imported beside it as they are.
    try {
      return await work(client);
    } finally {
      client[Symbol.dispose]();
    }
  }
}

const missing = (what: string, value: string, variable: string): CliError =>
  new CliError('EUSAGE', `no ${what}`, `give --${what} ${value}, or set ${variable}`);
