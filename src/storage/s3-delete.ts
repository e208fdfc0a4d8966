import { StorageError } from './errors.ts';
import type { DeleteOutcome } from './replica.ts';
import { answered, objectOf, type S3Bucket, sending } from './s3-bucket.ts';
import { isUnsupported, s3Error } from './s3-errors.ts';
import { DELETES_IN_FLIGHT_MAX, PAGE_KEYS_MAX } from './s3-settings.ts';

type Failures = Map<string, StorageError>;

/** Deletes keys in batches or, in stores without bulk deletion, one by one. */
export class S3Deleter {
  readonly #place: S3Bucket;
  /** False once the store has said that it cannot; not asked again. */
  #inBulk = true;

  constructor(place: S3Bucket) {
    this.#place = place;
  }

  async delete(keys: readonly string[], signal: AbortSignal | undefined): Promise<DeleteOutcome[]> {
    signal?.throwIfAborted();
    const failures: Failures = new Map();
    for (let at = 0; at < keys.length; at += PAGE_KEYS_MAX) {
      await this.#batch([...new Set(keys.slice(at, at + PAGE_KEYS_MAX))], failures, signal);
    }
    return keys.map((key) => ({ key, error: failures.get(key) ?? null }));
  }

  async #batch(keys: string[], failures: Failures, signal: AbortSignal | undefined): Promise<void> {
    if (!this.#inBulk) return this.#single(keys, failures, signal);
    try {
      await this.#bulk(keys, failures, signal);
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (isUnsupported(error)) {
        this.#inBulk = false;
        return this.#single(keys, failures, signal);
      }
      for (const key of keys) failures.set(key, s3Error(error, key));
    }
  }

  async #bulk(keys: string[], failures: Failures, signal: AbortSignal | undefined): Promise<void> {
    const { connection, bucket, prefix } = this.#place;
    const command = new connection.sdk.DeleteObjectsCommand({
      Bucket: bucket,
      Delete: { Objects: keys.map((key) => ({ Key: prefix + key })) },
    });
    const answer = await connection.client.send(command, sending(signal));
    const done = new Set((answer.Deleted ?? []).map(({ Key = '' }) => Key));
    const refused = new Map((answer.Errors ?? []).map((entry) => [entry.Key ?? '', entry]));
    for (const key of keys) {
      const entry = refused.get(prefix + key);
      if (entry !== undefined) {
        const error = outcomeError(key, entry.Code ?? '', entry.Message ?? '');
        if (error !== null) failures.set(key, error);
      } else if (!done.has(prefix + key)) {
        failures.set(key, new StorageError('EUNAVAILABLE', `${key}: the store did not say`, { key }));
      }
    }
  }

  async #single(keys: string[], failures: Failures, signal: AbortSignal | undefined): Promise<void> {
    const queue = [...keys].reverse();
    const worker = async (): Promise<void> => {
      for (let key = queue.pop(); key !== undefined; key = queue.pop()) {
        const error = await this.#one(key, signal);
        if (error !== null) failures.set(key, error);
      }
    };
    await Promise.all(Array.from({ length: DELETES_IN_FLIGHT_MAX }, worker));
  }

  async #one(key: string, signal: AbortSignal | undefined): Promise<StorageError | null> {
    const { client, sdk } = this.#place.connection;
    try {
      const command = new sdk.DeleteObjectCommand(objectOf(this.#place, key));
      await answered(client.send(command, sending(signal)), key, signal);
      return null;
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      return error.code === 'ENOTSTORED' ? null : error;
    }
  }
}

/** What a bulk deletion says of one key, as if it had been the answer to a request of its own. */
function outcomeError(key: string, name: string, message: string): StorageError | null {
  if (name === 'NoSuchKey' || name === 'NoSuchVersion') return null;
  const status = name === 'AccessDenied' ? 403 : 503;
  const said = Object.assign(new Error(message), { name, $metadata: { httpStatusCode: status } });
  const error = s3Error(said, key);
  return error.code === 'ENOTSTORED' ? null : error;
}
