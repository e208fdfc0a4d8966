import type { StorageConfig } from '../../config/index.ts';
import type { ArchiveRequest } from '../../log/seal/archive.ts';
import type { ExpectedFile } from './file-look.ts';
import type { JobFailure } from './job-error.ts';
import type { MeterMemory } from './meters.ts';
import type { SegmentTask } from './seal-jobs.ts';
import type { BuildTask, PlanTask } from './tasks.ts';

/** A replica by name, as a thread opens it. */
export interface ReplicaUrl {
  readonly name: string;
  readonly url: string;
}

/** What a storage thread is started with. */
export interface StorageWorkerData {
  readonly database: string;
  readonly spoolDirectory: string;
  readonly cacheDirectory: string;
  readonly replicas: readonly ReplicaUrl[];
  readonly s3: StorageConfig['s3'];
  readonly sftp?: StorageConfig['sftp'];
  /** What the server sends and takes at most; a thread may have a part of that. */
  readonly bandwidth?: StorageConfig['bandwidth'];
  /** Where the thread counts what replicas do. */
  readonly meters?: MeterMemory | undefined;
}

/** To a storage thread; `id` names the job. */
export type ToStorageWorker = { readonly id: number } & (
  | { readonly type: 'plan'; readonly task: PlanTask }
  | { readonly type: 'build'; readonly task: BuildTask }
  | { readonly type: 'putSmall'; readonly replica: string; readonly key: string; readonly text: string }
  | { readonly type: 'remove'; readonly replica: string; readonly keys: readonly string[] }
  | { readonly type: 'cutSegment' | 'putSegment'; readonly segment: SegmentTask }
  | { readonly type: 'makeCheckpoint' }
  | { readonly type: 'putCheckpoint'; readonly replica: string; readonly seq: number }
  | { readonly type: 'readSegment'; readonly request: ArchiveRequest }
  | { readonly type: 'list'; readonly replica: string; readonly prefix: string; readonly limit: number }
  | { readonly type: 'look'; readonly file: ExpectedFile }
  | { readonly type: 'sweep'; readonly replica: string; readonly beforeMs: number }
  | { readonly type: 'ask'; readonly replica: string }
);

/** A replica went out of reach, or came back: of no job. */
export interface ReplicaState {
  readonly type: 'replica';
  readonly id: 0;
  readonly replica: string;
  readonly up: boolean;
  readonly message: string;
}

/** From a storage thread. */
export type FromStorageWorker =
  | ReplicaState
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly failure: JobFailure };
