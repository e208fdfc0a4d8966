import { LfsbError } from '../../errors/index.ts';
import { LtxError } from '../../ltx/index.ts';
import { StorageError, type StorageErrorCode } from '../../storage/index.ts';

const OF_STORAGE: Readonly<Record<StorageErrorCode, 'EUNAVAILABLE' | 'ECONFIG' | 'ECORRUPT'>> = {
  ENOTSTORED: 'EUNAVAILABLE',
  ECONFLICT: 'EUNAVAILABLE',
  EDENIED: 'EUNAVAILABLE',
  EHOSTKEY: 'EUNAVAILABLE',
  EUNAVAILABLE: 'EUNAVAILABLE',
  EINVALID: 'ECONFIG',
};

/** What a replica said, or a file on it, under a code of the catalogue; any other error as it is. */
export function replicaFailure(replica: string, error: unknown): unknown {
  if (error instanceof StorageError) {
    return new LfsbError(OF_STORAGE[error.code], `${replica}: ${error.message}`, { cause: error });
  }
  if (error instanceof LtxError) {
    return new LfsbError('ECORRUPT', `${replica}: a file on it is damaged: ${error.message}`, {
      cause: error,
    });
  }
  if (!(error instanceof LfsbError)) return error;
  const { code, message, hint, fields } = error;
  return new LfsbError(code, `${replica}: ${message}`, {
    cause: error,
    fields,
    ...(hint !== undefined && { hint }),
  });
}
