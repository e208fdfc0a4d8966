import { verifiedChunks, watched } from './bytes.ts';
import { StorageError } from './errors.ts';
import { checkKey, checkKeys, checkPrefix } from './keys.ts';
import { canonicalMetadata, checkMetadata } from './metadata.ts';
import type {
  ByteSource,
  CallOptions,
  DeleteOutcome,
  GetOptions,
  ListedObject,
  ListOptions,
  ObjectBody,
  ObjectHead,
  PutOptions,
  Replica,
  ReplicaCapabilities,
  StoreDate,
} from './replica.ts';
import { answered, given, objectOf, type S3Bucket, sending } from './s3-bucket.ts';
import { connectS3 } from './s3-client.ts';
import { S3Deleter } from './s3-delete.ts';
import { probeFeatures, type S3Features } from './s3-features.ts';
import { openBody } from './s3-get.ts';
import { INTEGRITIES, mustReadBack } from './s3-integrity.ts';
import { listObjects, sweepUploads } from './s3-list.ts';
import { putInParts } from './s3-multipart.ts';
import { putStreamed, putWhole, readBack } from './s3-put.ts';
import { PART_BYTES, type S3Settings, SINGLE_PUT_BYTES_MAX } from './s3-settings.ts';

export interface S3Options {
  readonly bucket: string;
  /** Names joined by slashes, below which everything is kept; empty for the whole bucket. */
  readonly prefix: string;
  readonly settings: S3Settings;
  /** Objects above this size go up in parts of at least this size, bytes; stores ask for 5 MiB. */
  readonly partBytes?: number | undefined;
  /** What another connection to the same bucket has found out, so that it is not probed again. */
  readonly capabilities?: ReplicaCapabilities | undefined;
  /** Told of each request, by the name of its operation. */
  readonly onRequest?: ((operation: string) => void) | undefined;
}

/**
 * A bucket, or a prefix of one. An object appears when its last byte has arrived and the store's checksum of
 * it is right; what the store checks, and what it can do, is probed before the first put.
 */
export class S3Replica implements Replica {
  readonly #place: S3Bucket;
  readonly #deleter: S3Deleter;
  #features: Promise<S3Features> | null;

  private constructor(place: S3Bucket, features: S3Features | null) {
    this.#place = place;
    this.#deleter = new S3Deleter(place);
    this.#features = features === null ? null : Promise.resolve(features);
  }

  /** Sends nothing: a server starts although its bucket is down. */
  static async open(options: S3Options): Promise<S3Replica> {
    const connection = await connectS3(options.settings);
    connection.onRequest = options.onRequest ?? null;
    const prefix = options.prefix === '' ? '' : `${options.prefix}/`;
    const place = { connection, bucket: options.bucket, prefix, partBytes: options.partBytes ?? PART_BYTES };
    return new S3Replica(place, options.capabilities === undefined ? null : featuresOf(options.capabilities));
  }

  async put(key: string, source: ByteSource, options: PutOptions): Promise<void> {
    checkKey(key);
    checkMetadata(key, options.metadata);
    options.signal?.throwIfAborted();
    const features = await this.#probed(options);
    const send = this.#wayOf(key, features, options);
    await send(this.#place, key, watched(verifiedChunks(key, source, options)), features.integrity, options);
    const md5 = send === putStreamed ? null : () => '';
    if (mustReadBack(features.integrity, { sha256: options.sha256, md5 })) {
      await readBack(this.#place, key, options);
    }
  }

  async get(key: string, options: GetOptions = {}): Promise<ObjectBody> {
    checkKey(key);
    return openBody(this.#place, key, options);
  }

  async head(key: string, options: CallOptions = {}): Promise<ObjectHead | null> {
    checkKey(key);
    const { client, sdk } = this.#place.connection;
    const command = new sdk.HeadObjectCommand(objectOf(this.#place, key));
    try {
      const answer = await answered(client.send(command, sending(options.signal)), key, options.signal);
      return {
        sizeBytes: given(answer.ContentLength, key, 'Content-Length'),
        modifiedMs: given(answer.LastModified, key, 'Last-Modified').getTime(),
        metadata: canonicalMetadata(answer.Metadata),
      };
    } catch (error) {
      // A bucket that does not exist says the same: an answer to HEAD has no body. Puts and lists tell.
      if (error instanceof StorageError && error.code === 'ENOTSTORED') return null;
      throw error;
    }
  }

  async *list(prefix: string, options: ListOptions = {}): AsyncGenerator<ListedObject> {
    checkPrefix(prefix);
    yield* listObjects(this.#place, prefix, options);
  }

  async deleteMany(keys: readonly string[], options: CallOptions = {}): Promise<DeleteOutcome[]> {
    checkKeys(keys);
    return this.#deleter.delete(keys, options.signal);
  }

  async sweep(beforeMs: number, options: CallOptions = {}): Promise<number> {
    return sweepUploads(this.#place, beforeMs, options.signal);
  }

  async capabilities(options: CallOptions = {}): Promise<ReplicaCapabilities> {
    const { integrity, conditionalPut, conditionalUpload } = await this.#probed(options);
    const bytesMax = conditionalUpload ? Number.MAX_SAFE_INTEGER : SINGLE_PUT_BYTES_MAX;
    return { integrity, conditionalPutBytesMax: conditionalPut ? bytesMax : 0, metadata: 'stored' };
  }

  /** What the store does. Probed once, when it is first needed; a probe that fails is made again the next time. */
  async #probed(options: CallOptions): Promise<S3Features> {
    this.#features ??= probeFeatures(this.#place).catch((error: unknown) => {
      this.#features = null;
      throw error;
    });
    // The probe is everybody's, so nobody's signal ends it.
    const features = await this.#features;
    options.signal?.throwIfAborted();
    return features;
  }

  /** Null: a bucket has no size. */
  async space(): Promise<null> {
    return null;
  }

  date(): StoreDate | null {
    return this.#place.connection.date();
  }

  async close(): Promise<void> {
    this.#place.connection.client.destroy();
  }

  #wayOf(key: string, features: S3Features, { sizeBytes, ifNoneMatch }: PutOptions): typeof putWhole {
    const conditional = ifNoneMatch !== undefined;
    if (conditional && !features.conditionalPut) {
      throw new StorageError('EINVALID', `${key}: the store cannot create an object only if there is none`, {
        key,
      });
    }
    if (sizeBytes <= this.#place.partBytes) return putWhole;
    if (!conditional || features.conditionalUpload) return putInParts;
    if (sizeBytes <= SINGLE_PUT_BYTES_MAX) return putStreamed;
    throw new StorageError('EINVALID', `${key}: too large to be created only if there is none`, { key });
  }
}

/** The features that `capabilities` has made these of; an unknown check is none. */
function featuresOf({ integrity, conditionalPutBytesMax }: ReplicaCapabilities): S3Features {
  return {
    integrity: INTEGRITIES.find((known) => known === integrity) ?? 'read-back',
    conditionalPut: conditionalPutBytesMax > 0,
    conditionalUpload: conditionalPutBytesMax > SINGLE_PUT_BYTES_MAX,
  };
}
