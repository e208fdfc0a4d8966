import type { StorageError } from './errors.ts';

/**
 * A place that keeps objects: a bucket, a directory. An object is written whole, under a name that says what
 * it is, and is not changed afterwards.
 *
 * Obligations of every replica, held by `test/storage/contract.ts`:
 *
 * - Failures are `StorageError`s, but for an aborted signal (its reason) and what a source itself throws.
 * - Keys are those of `keys.ts`; another is EINVALID. No key is a folder of another one: that is the
 *   caller's duty, and a place that cannot hold both answers EINVALID.
 * - Any number of calls may run at once. Each uses bounded memory, whatever the size of the object.
 * - What has been stored is seen at once by `get` and `head`. What no call has changed meanwhile is listed
 *   once, and in order; what came or went during a listing may be in it or not.
 * - A call is tried once, and never given up for being slow: the wrappers do both.
 */
export interface Replica {
  /**
   * Stores an object, whole or not at all: until it returns there is nothing under `key`, or what was there
   * before; afterwards the object survives a power cut. Bytes that are not `sizeBytes` long or do not have
   * `sha256` are EINVALID and are not stored. That the place holds these very bytes is proven by a checksum
   * that the place enforces; where it enforces none, they are read back.
   *
   * With `ifNoneMatch: '*'` it creates only: one of several calls at once wins, the others and all later
   * ones are ECONFLICT. EINVALID where the place cannot do that (see `capabilities`); it is never emulated.
   */
  put(key: string, source: ByteSource, options: PutOptions): Promise<void>;

  /**
   * The bytes of an object, or of a range of it. ENOTSTORED, before the first byte, when there is none. A
   * range has to start inside of the object (else EINVALID) and is cut off at its end. A body that ends
   * without an error is complete.
   */
  get(key: string, options?: GetOptions): Promise<ObjectBody>;

  /** What is known of an object without its bytes; null when there is none. */
  head(key: string, options?: CallOptions): Promise<ObjectHead | null>;

  /**
   * The objects whose keys start with `prefix` and come behind `after`, in the order of their keys' bytes, read
   * page by page as the caller takes them.
   */
  list(prefix: string, options?: ListOptions): AsyncIterable<ListedObject>;

  /**
   * Deletes, and says for each key, in the order given, what came of it. A missing object is deleted. Rejects
   * for a bad key or an aborted signal only: what the place says is the outcome of the keys concerned.
   */
  deleteMany(keys: readonly string[], options?: CallOptions): Promise<DeleteOutcome[]>;

  /**
   * Removes what puts that never ended have left behind (no object, ever), if they were begun before
   * `beforeMs` (Unix time, ms). Returns how many. For the start; a put that still runs must be younger.
   */
  sweep(beforeMs: number, options?: CallOptions): Promise<number>;

  /** What the place can do. Found out on first need, then remembered. */
  capabilities(options?: CallOptions): Promise<ReplicaCapabilities>;

  /** Room that is left; null where the place does not say, as buckets do not. */
  space(options?: CallOptions): Promise<ReplicaSpace | null>;

  /** The place's own clock as of its last answer; null when it has none, or has not answered yet. */
  date(): StoreDate | null;

  /** Gives connections back. Nothing may be called afterwards. */
  close(): Promise<void>;
}

/** Bytes that can be read more than once: a put that failed is tried again from the start. */
export interface ByteSource {
  /** A chunk is good until the next one is asked for: sources may use their buffers again. */
  open(): AsyncIterable<Uint8Array>;
}

/** An object's metadata. Names are in title case (`Page-Size`), values printable ASCII. */
export type Metadata = Readonly<Record<string, string>>;

export interface CallOptions {
  /** Gives the call up; it rejects with the signal's reason. */
  readonly signal?: AbortSignal | undefined;
}

export interface PutOptions extends CallOptions {
  readonly sizeBytes: number;
  /** Of all bytes, 64 lower-case hex digits. */
  readonly sha256: string;
  readonly metadata: Metadata;
  readonly ifNoneMatch?: '*' | undefined;
}

export interface ByteRange {
  /** First byte, from 0. */
  readonly offset: number;
  /** Number of bytes, at least 1; to the end when left out. */
  readonly length?: number | undefined;
}

export interface GetOptions extends CallOptions {
  readonly range?: ByteRange | undefined;
  /**
   * Chunks need not be their taker's own: one stays as it is until the chunk after the next one is asked for. What
   * goes by in large amounts is then read into memory that is used again, where the place can.
   */
  readonly lend?: boolean | undefined;
}

export interface ListOptions extends CallOptions {
  /** Lists only keys behind this one. */
  readonly after?: string | undefined;
}

/** Bytes to be read once. A chunk belongs to whoever takes it, unless it was asked for as `lend` says. */
export interface ObjectBody extends AsyncIterable<Uint8Array> {
  /** How many bytes there are to come. */
  readonly sizeBytes: number;
  /** Lets go of the body. Needed only where nobody starts to iterate it. */
  cancel(): Promise<void>;
}

export interface ObjectHead {
  readonly sizeBytes: number;
  /** Unix time, ms; a place may keep whole seconds. */
  readonly modifiedMs: number;
  readonly metadata: Metadata;
}

export interface ListedObject {
  readonly key: string;
  readonly sizeBytes: number;
  /** Unix time, ms. */
  readonly modifiedMs: number;
}

export interface DeleteOutcome {
  readonly key: string;
  /** Null: the object is gone. */
  readonly error: StorageError | null;
  /** An earlier try had no known outcome: it may still arrive, and would delete what is put there till then. */
  readonly retried?: boolean;
}

export interface ReplicaCapabilities {
  /** How it is known that the place holds the bytes that were meant. */
  readonly integrity: 'checksum-sha256' | 'payload-sha256' | 'content-md5' | 'read-back' | 'local';
  /** Largest object that `ifNoneMatch` can create, bytes; 0 where it cannot be used. */
  readonly conditionalPutBytesMax: number;
  /** `stored`: what was put comes back. `derived`: it is read from the object's own bytes. */
  readonly metadata: 'stored' | 'derived';
}

/** Room of a place, bytes. */
export interface ReplicaSpace {
  /** What our user may still write. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A clock's reading, and when it was taken. */
export interface StoreDate {
  /** The place's time, Unix ms, in whole seconds. */
  readonly dateMs: number;
  /** When the answer came, in ms of this process's monotonic clock (`performance.now`). */
  readonly receivedAtMs: number;
}
