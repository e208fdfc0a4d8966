import type { SourcedFile } from './files.ts';
import { sourced } from './files.ts';
import type { Rules } from './rules.ts';
import type { CompactionConfig, DatabaseCatalogue, StoredFile } from './types.ts';
import { databaseHash } from './windows.ts';

/** What a plan is made with. */
export interface PlanContext {
  readonly config: CompactionConfig;
  /** Wall clock, ms. */
  readonly now: number;
  /** False after an unexplained jump of the wall clock. */
  readonly clockTrusted: boolean;
  readonly rules: Rules;
}

/** One database as one replica has it, beside level 0. */
export interface ReplicaView {
  readonly catalogue: DatabaseCatalogue;
  /** `databaseHash` of its name. */
  readonly hash: bigint;
  readonly replica: string;
  readonly own: readonly SourcedFile[];
  readonly local: readonly SourcedFile[];
  /** What is missing or damaged there: in no other list. */
  readonly damaged: readonly StoredFile[];
}

export function viewOf(catalogue: DatabaseCatalogue, replica: string): ReplicaView {
  return {
    catalogue,
    hash: databaseHash(catalogue.cluster, catalogue.db),
    replica,
    own: sourced(replica, catalogue.replicas.get(replica) ?? []),
    local: sourced(null, catalogue.local),
    damaged: catalogue.damaged?.get(replica) ?? [],
  };
}
