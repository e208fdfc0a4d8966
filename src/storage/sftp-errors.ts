/** Status codes of SFTP version 3. */
const STATUS: Readonly<Record<number, string>> = {
  1: 'EOF',
  2: 'ENOENT',
  3: 'EACCES',
  4: 'EFAILURE',
  5: 'ENAMETOOLONG',
  8: 'ENOSYS',
};

/** What a server answered to a request, under the code that a system call would have failed with. */
export class SftpStatusError extends Error {
  override readonly name = 'SftpStatusError';
  /** `EFAILURE`: the server says no more than that it failed. */
  readonly code: string;
  /** The request. */
  readonly syscall: string;

  constructor(code: string, syscall: string, message: string, cause?: unknown) {
    super(`${syscall}: ${message}`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.syscall = syscall;
  }
}

/** The answer that ssh2 hands on as an error; undefined when `error` is no answer of the server. */
export function statusError(syscall: string, error: unknown): SftpStatusError | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as { code?: unknown };
  const known = typeof code === 'number' ? STATUS[code] : undefined;
  if (known !== undefined) return new SftpStatusError(known, syscall, error.message, error);
  // ssh2 throws this instead of asking a server for what it did not offer.
  if (/does not support this extended request/.test(error.message)) {
    return new SftpStatusError('ENOSYS', syscall, 'the server does not offer it', error);
  }
  return undefined;
}

/** Whether a server said no more than that it failed. */
export const isFailure = (error: unknown): error is SftpStatusError =>
  error instanceof SftpStatusError && error.code === 'EFAILURE';

/** Whether a server does not have a request. */
export const isNotOffered = (error: unknown): boolean =>
  error instanceof SftpStatusError && error.code === 'ENOSYS';
