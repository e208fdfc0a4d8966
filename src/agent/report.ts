import type { SourceState } from '../sources/report.ts';
import type { ReplicaSpace } from '../storage/index.ts';

/** Something that fails, and since when. */
export interface Trouble {
  readonly code: string;
  readonly message: string;
  /** ms. */
  readonly since: number;
}

/** How one replica of a database fares, as the agent tells it while it runs. Times are in ms. */
export interface ReplicaReport {
  readonly name: string;
  readonly url: string;
  /** It has everything up to this TXID, 16 hex digits. */
  readonly txid: string;
  /** How long the first transaction that it lacks has waited; 0 when it lacks none. */
  readonly lagMs: number;
  readonly trouble: Trouble | null;
  /** Stored files that are missing or damaged and not made anew yet. It is trouble where the newest point needs them. */
  readonly damagedFiles: number;
  /** Room there when it last said; null where it does not. */
  readonly space: ReplicaSpace | null;
  /** When it was last known to have everything. */
  readonly currentAt: number | null;
  readonly validation: {
    readonly at: number;
    readonly passed: boolean;
    readonly message: string | null;
  } | null;
}

/** How one database fares. */
export interface DatabaseReport {
  readonly path: string;
  /** `opening`: its log is not open yet, as when another process holds it. */
  readonly state: SourceState | 'opening' | 'failing';
  readonly trouble: Trouble | null;
  /** Newest transaction in the log, 16 hex digits; null when there is none. */
  readonly txid: string | null;
  readonly sizeBytes: number;
  /** Room beside the database; null before it was looked at. */
  readonly space: ReplicaSpace | null;
  /** When the live file was last read without trouble. */
  readonly syncedAt: number | null;
  readonly transactions: number;
  readonly pages: number;
  readonly walFrames: number;
  readonly replicas: readonly ReplicaReport[];
}

/** Whether all is as it should be: what the health endpoint and `databases` say. */
export const isWell = (report: DatabaseReport): boolean =>
  report.trouble === null &&
  report.state === 'current' &&
  report.replicas.every(({ trouble, validation }) => trouble === null && validation?.passed !== false);
