import type { DamagedFile } from './damaged-file.ts';

/** Shapes of what a client gets. TXIDs and checksums are 16 hex digits, times RFC 3339 in UTC. */

/** Where a database is. */
export interface DatabasePosition {
  readonly database: string;
  readonly txid: string;
  readonly checksum: string;
}

/** A point that a database can be set back to. */
export interface RestorePoint {
  readonly txid: string;
  readonly timestamp: string;
  readonly checksum: string;
  /** The database had been dropped at this point. */
  readonly deleted?: true;
  /** Promised on the server's own disk alone. */
  readonly local?: true;
}

/** By transaction, or the last one not after a time (RFC 3339). */
export type Target = { readonly txid: string } | { readonly timestamp: string };

export type SnapshotFormat = 'sqlite' | 'ltx';

/** What a restore did. */
export interface Restored {
  /** The transaction that it is; the current one when there was nothing to change. */
  readonly txid: string;
  /** The file was put into WAL mode, because the database is live in it. */
  readonly isWalForced: boolean;
}

/** A restore point that was proven by building it. */
export interface CheckedPoint {
  readonly txid: string;
  readonly timestamp: string;
}

/** What an upload became. */
export interface Uploaded {
  readonly txid: string;
  readonly isWalForced: boolean;
}

/** Who asked. */
export interface LogActor {
  readonly cluster: string | null;
  readonly token: string;
  readonly address: string | null;
  readonly request: string | null;
}

/** An event of the log; `time` is in ms, digest and hash are 64 hex digits. */
export interface LogEvent {
  readonly seq: number;
  readonly time: number;
  readonly type: string;
  readonly stream: string;
  readonly version: number;
  readonly schema: number;
  readonly actor: LogActor;
  readonly body: Readonly<Record<string, unknown>>;
  readonly digest: string;
  readonly hash: string;
}

/** An event as it proves itself: its text as stored, or where that is not the caller's to see, its digest alone. */
export interface LogProof {
  readonly seq: number;
  readonly digest: string;
  readonly hash: string;
  readonly canonical?: string;
  /** Of an event whose text is not shown: the server finds that it does not have its digest. */
  readonly damaged?: true;
}

/** The last event of a log. */
export interface LogHead {
  readonly seq: number;
  readonly hash: string;
}

/** Which events; what is not given does not narrow. Times are in ms, inclusive. */
export interface LogFilter {
  readonly db?: string | undefined;
  readonly type?: string | undefined;
  readonly actor?: string | undefined;
  readonly since?: number | undefined;
  readonly until?: number | undefined;
}

/** One restore point that a drill has built, or could not. `replica` is null where the data directory was read too. */
export interface VerifiedPoint {
  readonly replica: string | null;
  readonly txid: string;
  readonly timestamp: string;
  readonly checksum: string;
  readonly ok: boolean;
  readonly code?: string;
  readonly error?: string;
}

/** What a drill came to. */
export interface Verdict {
  readonly ok: boolean;
  /** Points built, each once for each replica that has it. */
  readonly points: number;
  readonly failed: number;
  readonly replicas: readonly string[];
  /** Files read, and their bytes. */
  readonly files: number;
  readonly bytes: number;
  readonly durationMs: number;
  /** Number of the event that it is on record as. */
  readonly event: number;
  readonly code?: string;
  readonly error?: string;
}

/** What a drill tells as it goes on; the verdict is the last. */
export type VerifyLine =
  | { readonly kind: 'begun'; readonly replica: string | null; readonly points: number }
  | ({ readonly kind: 'point' } & VerifiedPoint)
  | ({ readonly kind: 'verdict' } & Verdict);

/** How a replica fares. */
export interface ReplicaStatus {
  readonly name: string;
  readonly required: boolean;
  readonly state: 'ok' | 'failing';
  readonly failingSince: string | null;
  readonly code: string | null;
  readonly message: string | null;
  /** What is under way: files being stored, deletions, and what has failed and is tried again. */
  readonly storing: number;
  readonly deleting: number;
  readonly retrying: number;
  /**
   * What is still to be done: files to be stored, and to be deleted, as the last plan of each database has it; and the
   * databases that wait for their next plan, or are at it.
   */
  readonly due: { readonly databases: number; readonly builds: number; readonly deletes: number };
  /** Stored files that are missing or damaged and not made anew yet, of all databases; older servers leave it out. */
  readonly damaged?: number;
}

/** The last restore drill of a database. */
export interface DrillStatus {
  readonly time: string;
  readonly outcome: 'passed' | 'failed';
  readonly points: number;
  readonly failed: number;
  readonly txid: string;
  readonly message: string | null;
  readonly passedAt: string | null;
  readonly event: number;
}

/** How a database fares. */
export interface DatabaseStatus {
  readonly database: string;
  readonly txid: string;
  readonly timestamp: string;
  readonly sizeBytes: number;
  readonly highWaterMark: string;
  /** Left out of `/pos`, so that its primary sends a full snapshot. */
  readonly withheld: boolean;
  /** Up to where each replica has it, and how long what it lacks has waited. */
  readonly replicas: readonly { readonly replica: string; readonly txid: string; readonly lagMs: number }[];
  readonly lastDrill: DrillStatus | null;
  /** The first of its stored files that are missing or damaged; older servers leave it out. */
  readonly damaged?: readonly DamagedFile[];
}

/** How a server and the databases of a cluster fare. */
export interface Status {
  readonly cluster: string;
  readonly server: { readonly version: string; readonly startedAt: string; readonly time: string };
  /** While it is suspect nothing expires; while it is doubted, by so much later than it says. */
  readonly clock: {
    readonly state: 'trusted' | 'doubted' | 'suspect';
    readonly suspectSince: string | null;
    readonly doubtedMs: number;
  };
  readonly disk: {
    readonly dataDirectory: string;
    readonly totalBytes: number;
    readonly freeBytes: number;
    readonly logBytes: number;
    readonly level0Bytes: number;
  };
  readonly replicas: readonly ReplicaStatus[];
  readonly databases: readonly DatabaseStatus[];
}
