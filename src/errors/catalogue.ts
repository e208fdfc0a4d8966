/**
 * The one catalogue of errors. A code is a contract: it is stable, and it stands for one HTTP status and one
 * exit code. Codes without a note are those of the LiteFS Cloud protocol.
 */
export const EXIT = {
  done: 0,
  unexpected: 1,
  usage: 2,
  notFound: 3,
  refused: 4,
  unreachable: 5,
  verification: 6,
  notAllowed: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface CatalogueEntry {
  readonly status: number;
  readonly exit: ExitCode;
}

const entry = (status: number, exit: ExitCode): CatalogueEntry => ({ status, exit });

export const ERROR_CATALOGUE = {
  EINVALIDAUTH: entry(401, EXIT.notAllowed),
  EBADCLUSTER: entry(400, EXIT.usage),
  EBADDB: entry(400, EXIT.usage),
  EBADINPUT: entry(400, EXIT.usage),
  EBADFORMAT: entry(400, EXIT.usage),
  EBADCHECKSUM: entry(400, EXIT.refused),
  EMISSINGPAGES: entry(400, EXIT.refused),
  ENODB: entry(404, EXIT.notFound),
  ENOTXID: entry(404, EXIT.notFound),
  ENOTIMESTAMP: entry(404, EXIT.notFound),
  EPOSMISMATCH: entry(409, EXIT.refused),
  EBADHEADER: entry(422, EXIT.refused),
  EINTERNAL: entry(500, EXIT.unexpected),
  /** Ours: the body is not a whole, correct LTX file. `ltx` in the answer names the rule and the byte. */
  EBADLTX: entry(400, EXIT.refused),
  /** Ours: the body is not a whole, sound SQLite database. */
  EBADDATABASE: entry(422, EXIT.refused),
  /** Ours: the client ended or stalled before the body was complete. */
  EINCOMPLETE: entry(400, EXIT.unreachable),
  /** Ours: no such route. */
  ENOROUTE: entry(404, EXIT.notFound),
  /** Ours: the route exists, but not for this method. */
  EBADMETHOD: entry(405, EXIT.usage),
  /** Ours: the client was silent for too long. */
  ETIMEOUT: entry(408, EXIT.unreachable),
  /** Ours: the body is larger than the server takes. */
  ETOOLARGE: entry(413, EXIT.refused),
  /** Ours: a download was to go on behind its last byte. */
  ERANGE: entry(416, EXIT.usage),
  /** Ours: the server cannot take this now; nothing was changed, try again. */
  EUNAVAILABLE: entry(503, EXIT.unreachable),
  /** Ours: what is stored does not have the checksum that was recorded for it. */
  ECORRUPT: entry(500, EXIT.verification),
  /** Ours, at start: a setting is wrong; the message names it. */
  ECONFIG: entry(500, EXIT.usage),
  /** Ours, at start: the address cannot be listened on. */
  EBIND: entry(500, EXIT.refused),
  /** Ours, at start: the data directory cannot be used, or another server uses it. */
  EDATADIR: entry(500, EXIT.refused),
} as const satisfies Record<string, CatalogueEntry>;

export type ErrorCode = keyof typeof ERROR_CATALOGUE;

/** HTTP status of a code. */
export const statusOf = (code: ErrorCode): number => ERROR_CATALOGUE[code].status;

/** Process exit code of a code (`cli.md`, Exit codes). */
export const exitOf = (code: ErrorCode): ExitCode => ERROR_CATALOGUE[code].exit;
