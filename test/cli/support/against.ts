import { type CliOptions, type CliResult, lfsb } from '../../support/cli.ts';

/** Runs `lfsb` against a server, as its cluster. */
export type Run = (args: readonly string[], options?: CliOptions) => Promise<CliResult>;

/** `lfsb` as one who has set the two variables. */
export const against =
  (server: { readonly url: string }, cluster = 'shop'): Run =>
  (args, options = {}) =>
    lfsb(args, {
      ...options,
      env: { LFSB_ENDPOINT: server.url, LFSB_CLUSTER: cluster, TZ: 'Europe/Berlin', ...options.env },
    });
