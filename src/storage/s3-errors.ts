import { conflict, notStored, StorageError, type StorageErrorCode } from './errors.ts';

/** What stores say under these names, whatever the status they say it with. */
const BY_NAME: Readonly<Record<string, StorageErrorCode>> = {
  NoSuchKey: 'ENOTSTORED',
  NotFound: 'ENOTSTORED',
  NoSuchBucket: 'EINVALID',
  NotImplemented: 'EINVALID',
  // An upload that a sweep, or an abort whose answer was lost, took away: a new one can be begun.
  NoSuchUpload: 'EUNAVAILABLE',
  // The bytes that arrived are not those that were sent: on the next try they may be.
  BadDigest: 'EUNAVAILABLE',
  XAmzContentSHA256Mismatch: 'EUNAVAILABLE',
  XAmzContentChecksumMismatch: 'EUNAVAILABLE',
  IncompleteBody: 'EUNAVAILABLE',
  RequestTimeout: 'EUNAVAILABLE',
  CredentialsProviderError: 'EDENIED',
};

const BY_STATUS: Readonly<Record<number, StorageErrorCode>> = {
  401: 'EDENIED',
  403: 'EDENIED',
  404: 'ENOTSTORED',
  408: 'EUNAVAILABLE',
  // Another request for the same object is under way (S3: ConditionalRequestConflict).
  409: 'EUNAVAILABLE',
  412: 'ECONFLICT',
  425: 'EUNAVAILABLE',
  429: 'EUNAVAILABLE',
  501: 'EINVALID',
};

/** The parts of an SDK error that are of use. */
interface ServiceFailure {
  readonly name: string;
  readonly message: string;
  readonly status: number | undefined;
}

function failureOf(error: unknown): ServiceFailure {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), status: undefined };
  const { $metadata } = error as { $metadata?: { httpStatusCode?: number } };
  return { name: error.name, message: error.message, status: $metadata?.httpStatusCode };
}

/** HTTP status of a failed request, if there was an answer. */
export const statusOf = (error: unknown): number | undefined => failureOf(error).status;

/** Whether the store says that it does not have what was asked for: an operation, a header. */
export function isUnsupported(error: unknown): boolean {
  const { name, status } = failureOf(error);
  return status === 501 || status === 405 || name === 'NotImplemented' || name === 'MethodNotAllowed';
}

/** What the SDK threw, as a StorageError. What is one already stays as it is. */
export function s3Error(error: unknown, key: string): StorageError {
  if (error instanceof StorageError) return error;
  const { name, message, status } = failureOf(error);
  const code = BY_NAME[name] ?? codeOfStatus(status);
  if (code === 'ENOTSTORED') return notStored(key, error);
  if (code === 'ECONFLICT') return conflict(key, error);
  const said = [name, message].filter((part) => part !== '' && part !== 'UnknownError' && part !== 'Error');
  const answer = status === undefined ? 'no answer' : `status ${status}`;
  return new StorageError(code, `${key}: ${[...said, answer].join(', ')}`, { key, cause: error });
}

/** Without an answer it is the network, or a store that is not there. */
function codeOfStatus(status: number | undefined): StorageErrorCode {
  if (status === undefined || status < 400) return 'EUNAVAILABLE';
  return BY_STATUS[status] ?? (status >= 500 ? 'EUNAVAILABLE' : 'EINVALID');
}
