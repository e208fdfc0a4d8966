import { EXIT, type ExitCode, LfsbError } from '../errors/index.ts';

/** What can go wrong between a client and a server, beside what the server itself says. */
const CLIENT_CODES = {
  /** The endpoint is no http or https URL. */
  EENDPOINT: EXIT.usage,
  /** Nobody answers there: no such host, no route, nothing listens. */
  EUNREACHABLE: EXIT.unreachable,
  /** http was spoken to an https port, or the other way round. */
  ESCHEME: EXIT.unreachable,
  /** The certificate cannot be trusted, or no cipher is shared. */
  ETLS: EXIT.unreachable,
  /** Something answers that is no lfsb. */
  ENOTLFSB: EXIT.unreachable,
  /** A proxy answers in the server's place. */
  EPROXY: EXIT.unreachable,
  /** The server was silent for too long. */
  ENOANSWER: EXIT.unreachable,
  /** The answer broke off. */
  EBROKEN: EXIT.unreachable,
  /** The answer came whole, and its content is not what it has to be. */
  EBADDOWNLOAD: EXIT.verification,
  /** The file changed while it was sent. */
  EFILECHANGED: EXIT.refused,
  /** An error of a newer server, whose code this release does not know. */
  ESERVER: EXIT.unexpected,
} as const satisfies Record<string, ExitCode>;

export type ClientCode = keyof typeof CLIENT_CODES;

/** What to try next, and what it came of. */
export interface ClientErrorOptions {
  readonly hint?: string;
  readonly cause?: unknown;
}

/** An error between client and server: which of them, under a stable code with one exit code. */
export class ClientError extends Error {
  override readonly name = 'ClientError';
  readonly code: ClientCode;
  readonly hint: string | undefined;

  constructor(code: ClientCode, message: string, { hint, cause }: ClientErrorOptions = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }

  get exit(): ExitCode {
    return CLIENT_CODES[this.code];
  }
}

/** True for an error that already says what there is to say. */
export const isTold = (error: unknown): error is ClientError | LfsbError =>
  error instanceof ClientError || error instanceof LfsbError;
