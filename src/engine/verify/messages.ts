import type { Checksum, Txid } from '../../ltx/index.ts';

/** What a drill builds from one replica. */
export type DrillTarget =
  /** Every point that the replica leads to. */
  | 'all'
  /** The newest of them. */
  | 'newest'
  | { readonly txid: Txid; readonly checksum: Checksum };

/** What to prove, and from which replica alone. */
export interface DrillRequest {
  readonly cluster: string;
  readonly db: string;
  readonly incarnation: number;
  readonly replica: string;
  readonly target: DrillTarget;
}

/** A stored file that a drill has read to its end. */
export interface DrilledFile {
  readonly level: 1 | 2 | 3 | 9;
  readonly minTxid: Txid;
  readonly maxTxid: Txid;
  readonly sizeBytes: number;
}

/** Why a point cannot be built. */
export interface DrillFailure {
  /** `ECORRUPT`: what is stored is not what the log says. `EUNAVAILABLE`: the replica does not give it. */
  readonly code: 'ECORRUPT' | 'EUNAVAILABLE';
  readonly message: string;
  /** The file that is at fault, where it is one. */
  readonly file: DrilledFile | null;
}

/** A point that was built, or was to be. */
export interface DrilledPoint {
  readonly txid: Txid;
  readonly checksum: Checksum;
  /** Effective time, ms. */
  readonly timestamp: number;
  /** Files that lead to it. */
  readonly files: number;
  /** Those of them that were read for it and found right. */
  readonly read: readonly DrilledFile[];
  readonly failure: DrillFailure | null;
}
