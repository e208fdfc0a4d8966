/** How an SFTP server is reached, beyond what its URL and `~/.ssh/config` say. */
export interface SftpSettings {
  /** Private key file; it alone is used then, and no agent. `~/` is the home folder. */
  readonly keyPath?: string | undefined;
  /** Of the private keys that are encrypted. */
  readonly passphrase?: string | undefined;
  readonly password?: string | undefined;
  /**
   * The only host keys that count: `TYPE BASE64` as in `known_hosts`, or `SHA256:...` as ssh prints it. Empty:
   * `known_hosts` says.
   */
  readonly hostKeys?: readonly string[] | undefined;
  /** Where host keys are known from, and remembered. Default: what `~/.ssh/config` says, or ssh's own files. */
  readonly knownHostsPath?: string | undefined;
  /** Whether the first key that an unknown host shows is taken and remembered; else it is refused. */
  readonly acceptNew?: boolean | undefined;
  /** Default `~/.ssh/config`; null: none. */
  readonly configPath?: string | null | undefined;
  /** Socket of the ssh agent; default `SSH_AUTH_SOCK`. */
  readonly agentSocket?: string | undefined;
}

/** Ports and names of a URL. */
export interface SftpLocation {
  /** A name, an address, or an alias of `~/.ssh/config`. */
  readonly host: string;
  readonly port: number | undefined;
  readonly user: string | undefined;
  /** Absolute; or relative to the folder that the server logs us into. */
  readonly path: string;
}

/** A change of a connection's state. */
export interface SftpState {
  readonly up: boolean;
  /** A sentence. */
  readonly message: string;
}
