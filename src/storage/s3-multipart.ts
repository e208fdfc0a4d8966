import { StorageError } from './errors.ts';
import type { PutOptions } from './replica.ts';
import { type RetryLimits, retrying } from './retrying.ts';
import { answered, given, objectOf, type S3Bucket, sending } from './s3-bucket.ts';
import { checksumFields, type Integrity, payloadOf, signPayload } from './s3-integrity.ts';
import { PARTS_IN_FLIGHT_MAX, PARTS_MAX } from './s3-settings.ts';

/** A part that fails is sent again: it is in memory, and beginning a large object anew is dear. */
const PART_RETRIES: RetryLimits = { attemptsMax: 4, budgetMs: 60_000, delayMinMs: 100, delayMaxMs: 5_000 };

const MIB = 1024 ** 2;

interface Upload {
  readonly place: S3Bucket;
  readonly key: string;
  readonly object: { readonly Bucket: string; readonly Key: string; readonly UploadId: string };
  readonly integrity: Integrity;
  readonly signal: AbortSignal;
}

interface SentPart {
  readonly PartNumber: number;
  readonly ETag: string;
  readonly ChecksumSHA256?: string;
}

/** Size of the parts of an object of `sizeBytes`, bytes. */
export const partBytesFor = (sizeBytes: number, partBytes: number): number =>
  sizeBytes <= partBytes * PARTS_MAX ? partBytes : Math.ceil(sizeBytes / PARTS_MAX / MIB) * MIB;

/**
 * Puts an object in parts. There is nothing under the key until all have arrived and `chunks`, which check
 * themselves, have ended well. If anything fails the upload is aborted and the store forgets its parts.
 */
export async function putInParts(
  place: S3Bucket,
  key: string,
  chunks: AsyncIterable<Uint8Array>,
  integrity: Integrity,
  options: PutOptions,
): Promise<void> {
  const { client, sdk } = place.connection;
  const create = new sdk.CreateMultipartUploadCommand({
    ...objectOf(place, key),
    Metadata: { ...options.metadata },
    ...(integrity === 'checksum-sha256' && { ChecksumAlgorithm: 'SHA256' }),
  });
  const begun = await answered(client.send(create, sending(options.signal)), key, options.signal);
  const object = { ...objectOf(place, key), UploadId: given(begun.UploadId, key, 'UploadId') };
  const controller = new AbortController();
  const stop = (): void => controller.abort(options.signal?.reason);
  options.signal?.addEventListener('abort', stop, { once: true });
  const upload: Upload = { place, key, object, integrity, signal: controller.signal };
  try {
    options.signal?.throwIfAborted();
    const parts = await sendParts(
      upload,
      chunks,
      partBytesFor(options.sizeBytes, place.partBytes),
      controller,
    );
    await complete(upload, parts, options);
  } catch (error) {
    // Where this fails too, a sweep finds the upload. The first error is the one to tell.
    await client.send(new sdk.AbortMultipartUploadCommand(object)).catch(() => null);
    throw error;
  } finally {
    options.signal?.removeEventListener('abort', stop);
  }
}

/** Sends parts as they fill up, a few at a time. When one fails, the others are ended before this rejects. */
async function sendParts(
  upload: Upload,
  chunks: AsyncIterable<Uint8Array>,
  partBytes: number,
  controller: AbortController,
): Promise<SentPart[]> {
  const sent: SentPart[] = [];
  const buffers = Array.from(
    { length: PARTS_IN_FLIGHT_MAX + 1 },
    () => Buffer.allocUnsafe(partBytes) as Buffer,
  );
  const inFlight = new Set<Promise<void>>();
  const send = (number: number, buffer: Buffer, bytes: Buffer): void => {
    const request = sendPart(upload, number, bytes).then((part) => {
      sent.push(part);
      buffers.push(buffer);
      inFlight.delete(request);
    });
    // It is awaited below; until then a failure has to be nobody's.
    request.catch(() => undefined);
    inFlight.add(request);
  };
  try {
    let number = 0;
    for await (const { buffer, bytes } of slices(chunks, () => buffers.pop()!)) {
      number++;
      send(number, buffer, bytes);
      if (inFlight.size >= PARTS_IN_FLIGHT_MAX) await Promise.race(inFlight);
    }
    await Promise.all(inFlight);
  } catch (error) {
    controller.abort(error);
    await Promise.allSettled(inFlight);
    throw error;
  }
  return sent.sort((a, b) => a.PartNumber - b.PartNumber);
}

/** The chunks, copied into buffers that are full but for the last one. */
async function* slices(
  chunks: AsyncIterable<Uint8Array>,
  nextBuffer: () => Buffer,
): AsyncGenerator<{ buffer: Buffer; bytes: Buffer }> {
  let buffer = nextBuffer();
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.byteLength; ) {
      const piece = chunk.subarray(at, at + buffer.length - filled);
      buffer.set(piece, filled);
      at += piece.byteLength;
      filled += piece.byteLength;
      if (filled < buffer.length) continue;
      yield { buffer, bytes: buffer };
      buffer = nextBuffer();
      filled = 0;
    }
  }
  if (filled > 0) yield { buffer, bytes: buffer.subarray(0, filled) };
}

async function sendPart(upload: Upload, PartNumber: number, bytes: Buffer): Promise<SentPart> {
  const { place, key, object, integrity, signal } = upload;
  const payload = payloadOf(bytes);
  const fields = checksumFields(integrity, payload);
  const part = await retrying(
    async () => {
      const { client, sdk } = place.connection;
      const command = new sdk.UploadPartCommand({ ...object, PartNumber, Body: bytes, ...fields });
      signPayload(command, payload);
      return answered(client.send(command, sending(signal)), key, signal);
    },
    { limits: PART_RETRIES, signal },
  );
  const { ChecksumSHA256 } = fields;
  const ETag = given(part.ETag, key, 'ETag');
  return { PartNumber, ETag, ...(ChecksumSHA256 !== undefined && { ChecksumSHA256 }) };
}

async function complete(upload: Upload, Parts: SentPart[], options: PutOptions): Promise<void> {
  const { place, key, object } = upload;
  if (Parts.length === 0) throw new StorageError('EINVALID', `${key}: nothing to put in parts`, { key });
  const { client, sdk } = place.connection;
  const command = new sdk.CompleteMultipartUploadCommand({
    ...object,
    MultipartUpload: { Parts },
    ...(options.ifNoneMatch !== undefined && { IfNoneMatch: options.ifNoneMatch }),
  });
  await answered(client.send(command, sending(options.signal)), key, options.signal);
}
