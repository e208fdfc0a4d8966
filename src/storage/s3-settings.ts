/** How to reach a bucket. */
export interface S3Settings {
  /** Of a store that is not AWS; null for AWS. */
  readonly endpoint: string | null;
  readonly region: string;
  /** Null: the SDK's own chain (environment, profile, role of the machine). */
  readonly credentials: S3Credentials | null;
  /** `endpoint/bucket/key` and not `bucket.endpoint/key`. */
  readonly forcePathStyle: boolean;
}

export interface S3Credentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string | undefined;
}

export const DEFAULT_REGION = 'us-east-1';

/** Time to connect, ms. */
export const CONNECT_TIMEOUT_MS = 10_000;

/** Silence on a connection, ms, after which it is given up; longer waits are the timeout wrapper's. */
export const SOCKET_TIMEOUT_MS = 120_000;

/** Connections to one store at a time; more requests wait for one. */
export const SOCKETS_MAX = 64;

/** Files above this size go up in parts of at least this size, bytes. Stores take parts of 5 MiB and more. */
export const PART_BYTES = 8 * 1024 ** 2;

/** Parts of one object: what S3 takes. Larger objects have larger parts. */
export const PARTS_MAX = 10_000;

/** Parts of one put that are on their way at a time; one more is being filled. */
export const PARTS_IN_FLIGHT_MAX = 2;

/** Largest object of a single request, bytes: what S3 takes. */
export const SINGLE_PUT_BYTES_MAX = 5 * 1024 ** 3;

/** Keys of one request that lists or deletes: what S3 takes. */
export const PAGE_KEYS_MAX = 1_000;

/** Single deletions at a time, for stores without bulk deletion. */
export const DELETES_IN_FLIGHT_MAX = 8;
