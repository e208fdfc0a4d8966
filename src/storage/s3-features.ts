import { randomUUID } from 'node:crypto';
import { given, objectOf, type S3Bucket } from './s3-bucket.ts';
import { isUnsupported, s3Error, statusOf } from './s3-errors.ts';
import {
  checksumFields,
  INTEGRITIES,
  type Integrity,
  type Payload,
  payloadOf,
  signPayload,
} from './s3-integrity.ts';

/** What a store has turned out to do. */
export interface S3Features {
  readonly integrity: Integrity;
  /** It enforces `If-None-Match: *` on a put. */
  readonly conditionalPut: boolean;
  /** It enforces it when an upload in parts is completed. */
  readonly conditionalUpload: boolean;
}

const PROBE = Buffer.from('lfsb probe');
const RIGHT = payloadOf(PROBE);
const WRONG = payloadOf(Buffer.from('other bytes'));

/**
 * Finds out what the store does and not what it says: an object is put with checksums that are wrong, and
 * created where there is one. About seven requests, once per process. The object is deleted in the end.
 */
export async function probeFeatures(place: S3Bucket): Promise<S3Features> {
  const key = `.lfsb/probe/${randomUUID()}`;
  try {
    const integrity = await probeIntegrity(place, key);
    await probePut(place, key, integrity, RIGHT, false);
    const conditionalPut = await refusesPut(place, key, integrity);
    const conditionalUpload = conditionalPut && (await refusesUpload(place, key));
    return { integrity, conditionalPut, conditionalUpload };
  } catch (error) {
    throw s3Error(error, key);
  } finally {
    const { client, sdk } = place.connection;
    // What remains is a few bytes under a name that nothing reads.
    await client.send(new sdk.DeleteObjectCommand(objectOf(place, key))).catch(() => null);
  }
}

async function probeIntegrity(place: S3Bucket, key: string): Promise<Integrity> {
  for (const integrity of INTEGRITIES) {
    if (integrity === 'read-back') break;
    const enforced = await refused(probePut(place, key, integrity, WRONG, false), [400, 412, 422]);
    if (!enforced) continue;
    const taken = !(await refused(probePut(place, key, integrity, RIGHT, false), [400, 501]));
    if (taken) return integrity;
  }
  return 'read-back';
}

/** `payload` is the checksum that is claimed of the probe's bytes. */
async function probePut(
  place: S3Bucket,
  key: string,
  integrity: Integrity,
  payload: Payload,
  conditional: boolean,
): Promise<void> {
  const { client, sdk } = place.connection;
  const command = new sdk.PutObjectCommand({
    ...objectOf(place, key),
    Body: PROBE,
    ContentLength: PROBE.length,
    ...checksumFields(integrity, payload),
    ...(conditional && { IfNoneMatch: '*' }),
  });
  // The signature's hash is wrong only where it is what is being tried.
  signPayload(command, integrity === 'payload-sha256' ? payload : RIGHT);
  await client.send(command);
}

const refusesPut = (place: S3Bucket, key: string, integrity: Integrity): Promise<boolean> =>
  refusesWith412(probePut(place, key, integrity, RIGHT, true));

async function refusesUpload(place: S3Bucket, key: string): Promise<boolean> {
  const { client, sdk } = place.connection;
  const object = objectOf(place, key);
  const begun = await client.send(new sdk.CreateMultipartUploadCommand(object));
  const UploadId = given(begun.UploadId, key, 'UploadId');
  const upload = { ...object, UploadId };
  try {
    const part = await client.send(new sdk.UploadPartCommand({ ...upload, PartNumber: 1, Body: PROBE }));
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag: part.ETag }] };
    const complete = new sdk.CompleteMultipartUploadCommand({ ...upload, MultipartUpload, IfNoneMatch: '*' });
    return await refusesWith412(client.send(complete));
  } finally {
    // Gone already where the store has completed it; else a sweep finds it.
    await client.send(new sdk.AbortMultipartUploadCommand(upload)).catch(() => null);
  }
}

async function refusesWith412(request: Promise<unknown>): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    if (statusOf(error) === 412) return true;
    if (isUnsupported(error) || statusOf(error) === 400) return false;
    throw error;
  }
}

async function refused(request: Promise<unknown>, statuses: readonly number[]): Promise<boolean> {
  try {
    await request;
    return false;
  } catch (error) {
    if (statuses.includes(statusOf(error) ?? 0)) return true;
    throw error;
  }
}
