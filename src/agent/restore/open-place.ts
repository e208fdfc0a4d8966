import { stat } from 'node:fs/promises';
import { metadataFromFile } from '../../compactor/run/metadata.ts';
import type { ReplicaConfig } from '../../config/litestream/types.ts';
import { openReplica, type Replica, type SftpState } from '../../storage/index.ts';
import { replicaData } from '../replica-data.ts';

/** Where a replica is opened from. */
export interface PlaceOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Told when the connection to an SFTP server came or went. */
  readonly onState?: ((state: SftpState) => void) | undefined;
}

/**
 * Opens a configured replica to be read. Null for a folder of this machine that is not there: opening it would
 * make it.
 * @throws LfsbError `ECONFIG`; StorageError
 */
export async function openPlace(
  config: ReplicaConfig,
  { env, onState }: PlaceOptions,
): Promise<Replica | null> {
  const { target } = config;
  if (target.type === 'file' && !(await isFolder(target.path))) return null;
  const { url, s3, sftp } = replicaData(config, env);
  return openReplica(url, { s3, sftp, onState, readMetadata: metadataFromFile, readOnly: true });
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return false;
    throw error;
  }
}
