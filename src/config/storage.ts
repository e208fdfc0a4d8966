/** Long-term storage as it was asked for: what the composition root opens replicas and plans levels from. */
export interface StorageConfig {
  /** URLs of the replicas; empty: `store/` in the data directory. */
  readonly replicas: readonly string[];
  /** Those that are required; undefined: the first. */
  readonly required?: readonly string[] | undefined;
  readonly s3: S3Config;
  readonly sftp?: SftpConfig | undefined;
  /** `LFSB_LEVELS` and `LFSB_SNAPSHOT` as they were given; undefined: the defaults. */
  readonly levels: string | undefined;
  readonly snapshot: string | undefined;
  /** `LFSB_LEVEL0_BYTES`; undefined: the default. */
  readonly level0BytesMax: number | undefined;
  readonly bandwidth?: Bandwidth | undefined;
  /** Where in a file a variable's value comes from, for what is wrong with it: `FILE:LINE:COLUMN: SETTING`. */
  readonly places?: ReadonlyMap<string, string> | undefined;
}

/** What the server sends to and takes from each replica at most, bytes a second; no limit where left out. */
export interface Bandwidth {
  readonly uploadBytesPerSecond?: number | undefined;
  readonly downloadBytesPerSecond?: number | undefined;
}

/** How buckets are reached, as the AWS variables say it. */
export interface S3Config {
  readonly endpoint: string | undefined;
  readonly region: string | undefined;
  readonly accessKeyId: string | undefined;
  readonly secretAccessKey: string | undefined;
  readonly sessionToken: string | undefined;
}

/** How SFTP servers are reached, beyond what URLs and `~/.ssh/config` say; the same for all. */
export interface SftpConfig {
  readonly keyPath: string | undefined;
  readonly passphrase: string | undefined;
  readonly password: string | undefined;
  /** Host keys that alone count; empty: `known_hosts` does. */
  readonly hostKeys: readonly string[];
  readonly knownHostsPath: string | undefined;
}

/** Nothing configured: everything goes to `store/` in the data directory, by the default levels. */
export const DEFAULT_STORAGE: StorageConfig = {
  replicas: [],
  s3: {
    endpoint: undefined,
    region: undefined,
    accessKeyId: undefined,
    secretAccessKey: undefined,
    sessionToken: undefined,
  },
  levels: undefined,
  snapshot: undefined,
  level0BytesMax: undefined,
};
