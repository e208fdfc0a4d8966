import { EXIT, type ExitCode } from '../src/errors/index.ts';

/**
 * Codes that only the command line has: they never cross the wire, so they are not in the catalogue that the
 * server shares.
 */
const CLI_CODES = {
  /** The command line itself is wrong. */
  EUSAGE: EXIT.usage,
  /** The target exists and `--force` was not given. */
  EFILEEXISTS: EXIT.refused,
  /** The target is a database that an application has open. */
  EINUSE: EXIT.refused,
  /** A person was asked, and did not agree. */
  ENOTCONFIRMED: EXIT.refused,
  /** SQLite cannot read a file that was to be copied. */
  ESQLITE: EXIT.refused,
  /** There is no event of this number. */
  ENOEVENT: EXIT.notFound,
  /** A restore drill found that a point cannot be built. */
  EVERIFY: EXIT.verification,
  /** A restore drill could not read what a replica holds. */
  EREPLICA: EXIT.unreachable,
  /** The chain of the log is broken. */
  ELOGBROKEN: EXIT.verification,
} as const satisfies Record<string, ExitCode>;

export type CliCode = keyof typeof CLI_CODES;

/** An error of the command line: what failed, under a stable code with one exit code. */
export class CliError extends Error {
  override readonly name = 'CliError';
  readonly code: CliCode;
  readonly hint: string | undefined;

  constructor(code: CliCode, message: string, hint?: string) {
    super(message);
    this.code = code;
    this.hint = hint;
  }

  get exit(): ExitCode {
    return CLI_CODES[this.code];
  }
}

/** A command, or a flag in its place, that there is not. */
export const unknownCommand = (name: string): CliError =>
  new CliError(
    'EUSAGE',
    `unknown ${name.startsWith('-') ? 'flag' : 'command'}: ${name}`,
    'lfsb --help lists the commands',
  );
