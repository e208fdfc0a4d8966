import { StorageError } from '../../storage/index.ts';

/** Why a job failed, in a form that passes between threads. */
export interface JobFailure {
  readonly code: string;
  readonly message: string;
  /** The replica that failed; null when something else did, such as a file that is not what the log says. */
  readonly replica: string | null;
  readonly stack: string | undefined;
  /** The file that was missing, or not what the log says. */
  readonly suspect?: { readonly replica: string; readonly key: string } | undefined;
}

/** A job that failed. */
export class JobError extends Error {
  override readonly name = 'JobError';
  readonly code: string;
  readonly replica: string | null;
  readonly suspect: JobFailure['suspect'];

  constructor({ code, message, replica, stack, suspect }: JobFailure) {
    super(message, stack === undefined ? undefined : { cause: stack });
    this.code = code;
    this.replica = replica;
    this.suspect = suspect;
  }
}

/** Does something with a replica, and remembers which one it was where that fails. */
export async function onReplica<T>(replica: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw error instanceof StorageError ? new JobError({ ...failureOf(error), replica }) : error;
  }
}

export function failureOf(error: unknown): JobFailure {
  if (error instanceof JobError) {
    const { code, message, replica, stack, suspect } = error;
    return { code, message, replica, stack, suspect };
  }
  const message = error instanceof Error ? error.message : String(error);
  const code = (error as { code?: unknown } | null)?.code;
  const stack = error instanceof Error ? error.stack : undefined;
  return { code: typeof code === 'string' ? code : 'EINTERNAL', message, replica: null, stack };
}
