import { createHash, randomUUID } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import { fileInput } from '../../engine/snapshot/input.ts';
import { checkpointPath } from '../../log/checkpoint/files.ts';
import { type MadeCheckpoint, makeCheckpoint } from '../../log/checkpoint/make.ts';
import { type ArchivePage, type ArchiveRequest, selectFrom } from '../../log/seal/archive.ts';
import { checkpointKey, segmentKey } from '../../log/seal/keys.ts';
import type { SegmentFacts } from '../../log/seal/segment-facts.ts';
import { SegmentWriter } from '../../log/seal/write-segment.ts';
import type { Sql } from '../../projections/index.ts';
import { type ByteSource, sha256Hex, sourceOf } from '../../storage/index.ts';
import { onReplica } from './job-error.ts';
import type { ReplicaSet } from './replica-set.ts';
import type { SealingJobs, SegmentTask } from './seal-jobs.ts';
import { eventsAfter, SegmentReader } from './seal-source.ts';
import type { BuiltFile } from './tasks.ts';

export interface LocalSealingPlaces {
  /** A connection of this thread's own that only reads, and the path of what it reads. */
  readonly sql: Sql;
  readonly database: string;
  readonly cacheDirectory: string;
  readonly replicas: ReplicaSet;
  /** The head of the log, `seq:hash`. */
  readonly logHead: () => string;
}

interface Segment {
  readonly facts: SegmentFacts;
  readonly object: Buffer;
}

/** The jobs of sealing, done in the thread that asks. */
export class LocalSealingJobs implements SealingJobs {
  readonly #places: LocalSealingPlaces;
  readonly #segments: SegmentReader;
  /** The last one that was cut: it is put next. */
  #cut: (Segment & { readonly replica: string }) | null = null;

  constructor(places: LocalSealingPlaces) {
    this.#places = places;
    this.#segments = new SegmentReader(places.replicas);
  }

  async cutSegment(task: SegmentTask): Promise<SegmentFacts> {
    const segment = await this.#make(task);
    this.#cut = { ...segment, replica: task.replica };
    return segment.facts;
  }

  async putSegment(task: SegmentTask): Promise<BuiltFile> {
    const { facts, object } = await this.#make(task);
    const built = { sizeBytes: object.byteLength, sha256: sha256Hex(object) };
    await this.#put(task.replica, segmentKey(facts.firstSeq, facts.lastSeq), sourceOf(object), built);
    this.#cut = null;
    return built;
  }

  async makeCheckpoint(): Promise<MadeCheckpoint> {
    return makeCheckpoint(this.#places.database, this.#places.cacheDirectory);
  }

  async putCheckpoint(replica: string, seq: number): Promise<BuiltFile> {
    const path = join(this.#places.cacheDirectory, `${randomUUID()}.checkpoint.gz`);
    try {
      const built = await zip(checkpointPath(this.#places.database, seq), path);
      const file = await fileInput(path, built.sha256);
      try {
        await this.#put(replica, checkpointKey(seq), { open: () => file.chunks() }, built);
      } finally {
        await file.close();
      }
      return built;
    } finally {
      await unlink(path).catch((error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') throw error;
      });
    }
  }

  async read(request: ArchiveRequest): Promise<ArchivePage> {
    return selectFrom(await this.#segments.open(request.segment), request);
  }

  async #make(task: SegmentTask): Promise<Segment> {
    const { replica, previous, lastSeq, limits } = task;
    const cut = this.#cut;
    if (cut?.replica === replica && cut.facts.firstSeq === previous.seq + 1 && cut.facts.lastSeq === lastSeq)
      return cut;
    const writer = new SegmentWriter(previous, limits);
    for await (const event of eventsAfter(this.#places.sql, this.#segments, previous.seq, replica)) {
      const isPast = lastSeq === null ? !writer.hasRoomFor(event.bytes.byteLength) : event.seq > lastSeq;
      if (isPast) break;
      writer.add(event);
    }
    return writer.finish();
  }

  #put(replica: string, key: string, source: ByteSource, { sizeBytes, sha256 }: BuiltFile): Promise<void> {
    const metadata = { 'Log-Head': this.#places.logHead(), Sha256: sha256 };
    return onReplica(replica, async () => {
      await (await this.#places.replicas.get(replica)).put(key, source, { sizeBytes, sha256, metadata });
    });
  }
}

async function zip(from: string, to: string): Promise<BuiltFile> {
  const hash = createHash('sha256');
  const hashed = async function* (chunks: AsyncIterable<Buffer>) {
    for await (const chunk of chunks) {
      hash.update(chunk);
      yield chunk;
    }
  };
  await pipeline(createReadStream(from), createGzip(), hashed, createWriteStream(to, { flags: 'wx' }));
  const { size } = await stat(to);
  return { sizeBytes: size, sha256: hash.digest('hex') };
}
