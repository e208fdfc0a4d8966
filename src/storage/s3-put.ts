import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { gather, sha256Of, watched } from './bytes.ts';
import { StorageError } from './errors.ts';
import type { PutOptions } from './replica.ts';
import { answered, objectOf, type S3Bucket, sending } from './s3-bucket.ts';
import { openBody } from './s3-get.ts';
import { checksumFields, type Integrity, type Payload, signPayload } from './s3-integrity.ts';

/** Puts a small object in one request, from memory. */
export async function putWhole(
  place: S3Bucket,
  key: string,
  chunks: AsyncIterable<Uint8Array>,
  integrity: Integrity,
  options: PutOptions,
): Promise<void> {
  const bytes = await gather(chunks, options.sizeBytes);
  const md5 = (): string => createHash('md5').update(bytes).digest('base64');
  const request = requestOf(place, key, bytes, integrity, { sha256: options.sha256, md5 }, options);
  const { signal } = options;
  await answered(place.connection.client.send(request, sending(signal)), key, signal);
}

/**
 * Puts an object in one request as its bytes come: for large objects that are to be created only, in stores
 * that honour the condition on a put but not on an upload in parts.
 */
export async function putStreamed(
  place: S3Bucket,
  key: string,
  chunks: AsyncIterable<Uint8Array>,
  integrity: Integrity,
  options: PutOptions,
): Promise<void> {
  const source = watched(chunks);
  const body = Readable.from(withheld(source));
  const controller = new AbortController();
  let failure: { readonly error: unknown } | null = null;
  // A source that breaks ends the request at once; the store drops what has no end.
  body.on('error', (error) => {
    failure = { error };
    controller.abort(error);
  });
  const stop = (): void => controller.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', stop, { once: true });
  const request = requestOf(place, key, body, integrity, { sha256: options.sha256, md5: null }, options);
  try {
    const sent = place.connection.client.send(request, sending(controller.signal));
    await answered(sent, key, controller.signal);
  } catch (error) {
    throw broken(failure, source.threw) ?? error;
  } finally {
    body.destroy();
    options.signal?.removeEventListener('abort', stop);
  }
}

const broken = (failure: { readonly error: unknown } | null, threw: (error: unknown) => boolean): unknown =>
  failure !== null && threw(failure.error) ? failure.error : undefined;

/** Copies of the chunks; the last one leaves only when the chunks have ended well, so that no wrong source is whole. */
async function* withheld(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let last: Buffer | null = null;
  for await (const chunk of chunks) {
    if (last !== null) yield last;
    last = Buffer.from(chunk);
  }
  if (last !== null) yield last;
}

function requestOf(
  place: S3Bucket,
  key: string,
  body: Buffer | Readable,
  integrity: Integrity,
  payload: Payload,
  options: PutOptions,
): InstanceType<typeof place.connection.sdk.PutObjectCommand> {
  const request = new place.connection.sdk.PutObjectCommand({
    ...objectOf(place, key),
    Body: body,
    ContentLength: options.sizeBytes,
    Metadata: { ...options.metadata },
    ...checksumFields(integrity, payload),
    ...(options.ifNoneMatch !== undefined && { IfNoneMatch: options.ifNoneMatch }),
  });
  signPayload(request, payload);
  return request;
}

/** Proves by reading that the store holds the bytes; takes them away again where it does not. */
export async function readBack(place: S3Bucket, key: string, options: PutOptions): Promise<void> {
  const body = await openBody(place, key, { signal: options.signal });
  const sha256 = await sha256Of(body);
  if (sha256 === options.sha256) return;
  const { client, sdk } = place.connection;
  const gone = client.send(new sdk.DeleteObjectCommand(objectOf(place, key)), sending(options.signal));
  await answered(gone, key, options.signal);
  throw new StorageError('EUNAVAILABLE', `${key}: the store has other bytes than were sent`, { key });
}
