import { addAbortSignal, Readable } from 'node:stream';
import { checkRange, objectBody } from './bytes.ts';
import { StorageError } from './errors.ts';
import type { ByteRange, GetOptions, ObjectBody } from './replica.ts';
import { answered, given, objectOf, type S3Bucket, sending } from './s3-bucket.ts';
import { s3Error, statusOf } from './s3-errors.ts';

/** Asks for an object or a range of it, and waits for the answer's head. */
export async function openBody(place: S3Bucket, key: string, options: GetOptions): Promise<ObjectBody> {
  const { range, signal } = options;
  if (range !== undefined) checkRange(key, range);
  const { client, sdk } = place.connection;
  const command = new sdk.GetObjectCommand({
    ...objectOf(place, key),
    ...(range !== undefined && { Range: rangeHeader(range) }),
  });
  const answer = await answered(
    client.send(command, sending(signal)).catch(explainRange(key, range)),
    key,
    signal,
  );
  const stream = answer.Body;
  if (!(stream instanceof Readable)) throw new TypeError('the SDK gave a body that is no Node stream');
  if (signal !== undefined) addAbortSignal(signal, stream);
  const sizeBytes = given(answer.ContentLength, key, 'Content-Length');
  return objectBody(
    sizeBytes,
    () => chunksOf(stream, key, sizeBytes, signal),
    async () => {
      // Whoever cancels does not want to hear how the connection ended.
      stream.on('error', () => undefined);
      stream.destroy();
    },
  );
}

const rangeHeader = ({ offset, length }: ByteRange): string =>
  `bytes=${offset}-${length === undefined ? '' : offset + length - 1}`;

function explainRange(key: string, range: ByteRange | undefined): (error: unknown) => never {
  return (error) => {
    if (statusOf(error) !== 416) throw error;
    throw new StorageError('EINVALID', `${key} has no byte ${range?.offset}`, { key, cause: error });
  };
}

/** A connection that ends early is an error, also where the client library takes it for the end. */
async function* chunksOf(
  stream: Readable,
  key: string,
  sizeBytes: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let read = 0;
  try {
    for await (const chunk of stream) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError('a body of something else than bytes');
      read += chunk.byteLength;
      yield chunk;
    }
  } catch (error) {
    if (signal?.aborted) throw signal.reason;
    throw error instanceof TypeError ? error : s3Error(error, key);
  } finally {
    stream.destroy();
  }
  if (read !== sizeBytes) {
    throw new StorageError('EUNAVAILABLE', `${key}: the body ended after ${read} of ${sizeBytes} bytes`, {
      key,
    });
  }
}
