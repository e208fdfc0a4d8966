import * as Flags from '@oclif/core/flags';
import { CliError } from '../cli-error.ts';
import { INTEGRITY_CHECKS, type IntegrityCheck } from './checks.ts';

/** Files that are fetched at once, at most and unless told otherwise. */
const PARALLELISM_MAX = 64;
const PARALLELISM = 8;

/** The configuration to read. */
export const configFlags = {
  config: Flags.string({ summary: 'configuration file', helpValue: 'FILE' }),
  'no-expand-env': Flags.boolean({ summary: 'leave variables in the configuration as they are' }),
};

/** @throws CliError `EUSAGE` where the log of a server is meant, which no litestream.yml tells of */
export function refuseConfig(flags: { readonly [K in keyof typeof configFlags]?: unknown }): void {
  const given = (['config', 'no-expand-env'] as const).find((name) => flags[name]);
  if (given === undefined) return;
  const hint = 'give the path of a replicated database with --db; it has a / in it: ./app.db';
  throw new CliError('EUSAGE', `--${given} has no meaning for the log of a server`, hint);
}

/** What a SOURCE is looked up with. */
export const sourceFlags = {
  ...configFlags,
  replica: Flags.string({ summary: 'of several replicas this one', helpValue: 'NAME' }),
};

/** The flags of a restore from a replica into a file. */
export const fileFlags = {
  ...sourceFlags,
  'if-replica-exists': Flags.boolean({ summary: 'exit 0 quietly if there is no replica' }),
  'if-db-not-exists': Flags.boolean({ summary: 'exit 0 quietly if the file is there already' }),
  'integrity-check': Flags.string({
    summary: "SQLite's own check of what was restored: none, quick or full; quick unless given",
    options: [...INTEGRITY_CHECKS],
  }),
  parallelism: Flags.integer({
    summary: `files that are fetched at once; ${PARALLELISM} unless given`,
    min: 1,
    max: PARALLELISM_MAX,
  }),
};

/** What `parse` gives of them. */
export type FileFlagValues = {
  readonly [K in 'config' | 'replica' | 'integrity-check' | 'output']?: string | undefined;
} & {
  readonly [K in 'no-expand-env' | 'if-replica-exists' | 'if-db-not-exists' | 'force' | 'check']?: boolean;
} & { readonly parallelism?: number | undefined };

/** @throws CliError `EUSAGE` where a database of the server is meant, which has no use for them */
export function refuseFileFlags(flags: FileFlagValues): void {
  const given = (Object.keys(fileFlags) as (keyof typeof fileFlags)[]).find(
    (name) => flags[name] !== undefined && flags[name] !== false,
  );
  if (given !== undefined) {
    const hint = 'a SOURCE with a / in it is one of a configuration or a replica: ./app.db';
    throw new CliError('EUSAGE', `--${given} has no meaning for a database of the server`, hint);
  }
  if (flags.force === true && flags.output === undefined) {
    throw new CliError('EUSAGE', 'All of the following must be provided when using --force: --output');
  }
}

/** How a restore into a file is to be done. */
export const checkOf = (flags: FileFlagValues): IntegrityCheck =>
  INTEGRITY_CHECKS.find((each) => each === flags['integrity-check']) ?? 'quick';

export const parallelismOf = ({ parallelism = PARALLELISM }: FileFlagValues): number => parallelism;
