import type { FileSource } from '../../compactor/run/catalogue.ts';
import { JobError } from '../../compactor/run/job-error.ts';
import { LtxError } from '../../ltx/index.ts';
import type { DrilledFile, DrillFailure } from './messages.ts';

/** A drill found that a point cannot be built. */
export class DrillError extends Error {
  override readonly name = 'DrillError';
  readonly failure: DrillFailure;

  constructor(failure: DrillFailure, cause?: unknown) {
    super(failure.message, cause === undefined ? undefined : { cause });
    this.failure = failure;
  }
}

export const corrupt = (message: string, file: DrilledFile, cause?: unknown): DrillError =>
  new DrillError({ code: 'ECORRUPT', message, file }, cause);

/** What an error in reading a stored file means; undefined for one that says nothing of what is stored. */
export function drillErrorOf(error: unknown, file: DrilledFile, key: string): DrillError | undefined {
  if (error instanceof LtxError) {
    return corrupt(`${key} is damaged: ${error.message} (${error.code})`, file, error);
  }
  if (!(error instanceof JobError)) return undefined;
  if (error.code === 'ENOTSTORED') return corrupt(`${key} is not there`, file, error);
  const message = `${key} cannot be read: ${error.message}`;
  return new DrillError({ code: 'EUNAVAILABLE', message, file: null }, error);
}

/** A file of a replica: its key is its name. */
export const keyOf = ({ place }: FileSource): string => {
  if (place.kind !== 'replica') throw new Error('a drill reads from a replica');
  return place.key;
};
