import { isKey } from './keys.ts';
import type { ListedObject, ListOptions } from './replica.ts';
import { answered, given, type S3Bucket, sending } from './s3-bucket.ts';
import { PAGE_KEYS_MAX } from './s3-settings.ts';

/** Objects page by page. Names that no key of ours can have are somebody else's, and are passed over. */
export async function* listObjects(
  place: S3Bucket,
  prefix: string,
  options: ListOptions,
): AsyncGenerator<ListedObject> {
  const { client, sdk } = place.connection;
  const { after, signal } = options;
  let token: string | undefined;
  do {
    const command = new sdk.ListObjectsV2Command({
      Bucket: place.bucket,
      Prefix: place.prefix + prefix,
      MaxKeys: PAGE_KEYS_MAX,
      ...(after !== undefined && after !== '' && { StartAfter: place.prefix + after }),
      ...(token !== undefined && { ContinuationToken: token }),
    });
    const page = await answered(client.send(command, sending(signal)), prefix, signal);
    for (const { Key = '', Size, LastModified } of page.Contents ?? []) {
      const key = Key.slice(place.prefix.length);
      if (!isKey(key)) continue;
      signal?.throwIfAborted();
      const modifiedMs = given(LastModified, key, 'LastModified').getTime();
      yield { key, sizeBytes: given(Size, key, 'Size'), modifiedMs };
    }
    token = page.IsTruncated === true ? given(page.NextContinuationToken, prefix, 'continuation') : undefined;
  } while (token !== undefined);
}

/** Aborts the uploads in parts under the prefix that were begun before `beforeMs`; says how many. */
export async function sweepUploads(
  place: S3Bucket,
  beforeMs: number,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { client, sdk } = place.connection;
  let swept = 0;
  let marker: { KeyMarker?: string; UploadIdMarker?: string } | undefined = {};
  while (marker !== undefined) {
    const command: InstanceType<typeof sdk.ListMultipartUploadsCommand> = new sdk.ListMultipartUploadsCommand(
      {
        Bucket: place.bucket,
        Prefix: place.prefix,
        MaxUploads: PAGE_KEYS_MAX,
        ...marker,
      },
    );
    const page = await answered(client.send(command, sending(signal)), place.prefix, signal);
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (Initiated === undefined || Initiated.getTime() >= beforeMs) continue;
      const abort = new sdk.AbortMultipartUploadCommand({ Bucket: place.bucket, Key, UploadId });
      await answered(client.send(abort, sending(signal)), place.prefix, signal);
      swept++;
    }
    marker = page.IsTruncated === true ? nextMarker(page) : undefined;
  }
  return swept;
}

function nextMarker(page: { NextKeyMarker?: string | undefined; NextUploadIdMarker?: string | undefined }): {
  KeyMarker: string;
  UploadIdMarker: string;
} {
  return {
    KeyMarker: given(page.NextKeyMarker, '', 'NextKeyMarker'),
    UploadIdMarker: given(page.NextUploadIdMarker, '', 'NextUploadIdMarker'),
  };
}
