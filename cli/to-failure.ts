import { randomBytes } from 'node:crypto';
import { ClientError } from '../src/client/errors.ts';
import { EXIT, exitOf, LfsbError } from '../src/errors/index.ts';
import { CliError } from './cli-error.ts';
import type { Failure } from './failure.ts';
import { LtxFileError } from './ltx/ltx-file-error.ts';
import { usageFailure } from './usage.ts';

const ERRNO: Readonly<Record<string, { exit: number; say: string }>> = {
  ENOENT: { exit: EXIT.notFound, say: 'no such file or directory' },
  EACCES: { exit: EXIT.refused, say: 'permission denied' },
  EPERM: { exit: EXIT.refused, say: 'operation not permitted' },
  EROFS: { exit: EXIT.refused, say: 'the file system is read-only' },
  EISDIR: { exit: EXIT.refused, say: 'is a directory' },
  ENOTDIR: { exit: EXIT.refused, say: 'a part of the path is not a directory' },
  EEXIST: { exit: EXIT.refused, say: 'exists already' },
  ENOSPC: { exit: EXIT.refused, say: 'no space left on the device' },
  EDQUOT: { exit: EXIT.refused, say: 'the disk quota is used up' },
  EFBIG: { exit: EXIT.refused, say: 'the file would be larger than the file system allows' },
  ENAMETOOLONG: { exit: EXIT.usage, say: 'the name is too long' },
  ECONNREFUSED: { exit: EXIT.unreachable, say: 'connection refused' },
  ECONNRESET: { exit: EXIT.unreachable, say: 'connection reset' },
  ENOTFOUND: { exit: EXIT.unreachable, say: 'host not found' },
  EHOSTUNREACH: { exit: EXIT.unreachable, say: 'host unreachable' },
  ETIMEDOUT: { exit: EXIT.unreachable, say: 'no answer' },
};

const isErrno = (error: unknown): error is NodeJS.ErrnoException =>
  error instanceof Error && typeof (error as NodeJS.ErrnoException).errno === 'number';

function errnoFailure(error: NodeJS.ErrnoException): Failure | undefined {
  const known = ERRNO[error.code ?? ''];
  if (known === undefined) return undefined;
  const message = error.path === undefined ? known.say : `${error.path}: ${known.say}`;
  const code = error.code === 'ENOENT' ? 'ENOFILE' : (error.code ?? '');
  return { code, message, hint: undefined, exit: known.exit };
}

function bug(error: unknown): Failure {
  const id = randomBytes(4).toString('hex');
  return {
    code: 'EINTERNAL',
    message: `unexpected: ${error instanceof Error ? error.message : String(error)}`,
    hint: `this is a bug in lfsb, report ${id}; run it again with LFSB_DEBUG=1 for the stack`,
    exit: EXIT.unexpected,
  };
}

/** Turns any error into a code, a sentence, a hint and an exit code. What it does not know is a bug of ours. */
export function toFailure(error: unknown): Failure {
  if (error instanceof LfsbError) {
    return { code: error.code, message: error.message, hint: error.hint, exit: exitOf(error.code) };
  }
  if (error instanceof CliError || error instanceof ClientError) return error;
  if (error instanceof LtxFileError) return error;
  return (isErrno(error) ? errnoFailure(error) : usageFailure(error)) ?? bug(error);
}
