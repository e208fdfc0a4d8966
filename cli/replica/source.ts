import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { findConfig, loadAgentConfig } from '../../src/config/litestream/find.ts';
import type { ReplicaConfig } from '../../src/config/litestream/types.ts';
import { replicaAt } from '../../src/config/litestream/url-alone.ts';
import { LfsbError } from '../../src/errors/index.ts';
import { surroundings } from '../agent/agent-config.ts';
import { CliError } from '../cli-error.ts';
import { isUrl } from './is-place.ts';

/** How a SOURCE is understood. */
export interface SourceFlags {
  readonly config?: string | undefined;
  readonly 'no-expand-env'?: boolean | undefined;
  /** Of several replicas the one of this name. */
  readonly replica?: string | undefined;
}

/** The replicas that a SOURCE stands for. */
export interface ReplicaSource {
  /** Path of the configured database; null for a URL. */
  readonly path: string | null;
  /** The configuration that was read; null for none. */
  readonly configPath: string | null;
  /** At least one. */
  readonly replicas: readonly ReplicaConfig[];
}

/**
 * A URL, a configured database, or else a folder that holds a replica.
 * @throws LfsbError `ECONFIG`, `ENODB`; CliError `EUSAGE` for a replica that there is not
 */
export async function findSource(text: string, flags: SourceFlags): Promise<ReplicaSource> {
  const found = isUrl(text)
    ? { path: null, configPath: null, replicas: [replicaAt(text, surroundings(false))] }
    : await pathSource(text, flags);
  const { replica } = flags;
  if (replica === undefined) return found;
  const replicas = found.replicas.filter(({ name }) => name === replica);
  if (replicas.length > 0) return { ...found, replicas };
  const names = found.replicas.map(({ name }) => name).join(', ');
  throw new CliError('EUSAGE', `no replica is called ${replica}`, `there is: ${names}`);
}

async function pathSource(text: string, flags: SourceFlags): Promise<ReplicaSource> {
  const path = resolve(text);
  const configPath = await findConfig(flags.config, process.env);
  if (configPath !== null) {
    const { config } = await loadAgentConfig(configPath, surroundings(flags['no-expand-env'] !== true));
    const database = config.databases.find((each) => each.path === path);
    if (database !== undefined) return { path, configPath, replicas: database.replicas };
  }
  const isFolder = await stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (isFolder) return { path: null, configPath: null, replicas: [replicaAt(path, surroundings(false))] };
  const where = configPath === null ? 'there is no configuration' : `${configPath} has no such database`;
  throw new LfsbError('ENODB', `${path}: ${where}, and it is no folder of a replica`, {
    hint: 'name the configuration with -config FILE, or the place by its URL',
  });
}
