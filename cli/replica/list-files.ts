import { replicaFailure } from '../../src/agent/restore/failures.ts';
import { listFiles } from '../../src/agent/restore/listing.ts';
import { openPlace } from '../../src/agent/restore/open-place.ts';
import type { ReplicaConfig } from '../../src/config/litestream/types.ts';
import { formatTxid } from '../../src/ltx/index.ts';
import { findSource, type SourceFlags } from './source.ts';

/** A file of a database on a replica, as it is told. */
export interface FileLine {
  readonly replica: string;
  readonly level: number;
  readonly minTxid: string;
  readonly maxTxid: string;
  readonly sizeBytes: number;
  /** When it was stored. */
  readonly stored: string;
  readonly key: string;
}

/** The files of each replica of a SOURCE: by level from the lowest, and by TXID. @throws LfsbError, CliError */
export async function* filesOf(source: string, flags: SourceFlags): AsyncGenerator<FileLine> {
  for (const config of (await findSource(source, flags)).replicas) {
    try {
      yield* await filesOn(config);
    } catch (error) {
      throw replicaFailure(config.name, error);
    }
  }
}

async function filesOn(config: ReplicaConfig): Promise<FileLine[]> {
  const replica = await openPlace(config, { env: process.env });
  if (replica === null) return [];
  try {
    const files = await listFiles(replica);
    return files
      .toSorted((a, b) => a.level - b.level)
      .map(({ key, level, minTxid, maxTxid, sizeBytes, modifiedMs }) => ({
        replica: config.name,
        level,
        minTxid: formatTxid(minTxid),
        maxTxid: formatTxid(maxTxid),
        sizeBytes,
        stored: new Date(modifiedMs).toISOString(),
        key,
      }));
  } finally {
    await replica.close();
  }
}
