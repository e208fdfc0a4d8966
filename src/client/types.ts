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
