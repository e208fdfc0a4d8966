import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  type Candidate,
  type RestoreQuery,
  rankReplicas,
  type Unfit,
  whyNone,
} from '../../src/agent/restore/best-replica.ts';
import { replicaFailure } from '../../src/agent/restore/failures.ts';
import { openRestore, writeAhead } from '../../src/agent/restore/open-restore.ts';
import { formatTxid } from '../../src/ltx/index.ts';
import { CliError } from '../cli-error.ts';
import { whenInterrupted } from '../interrupt.ts';
import { writeOutput } from '../output-file.ts';
import { Progress } from '../progress.ts';
import type { IntegrityCheck } from './checks.ts';
import { startChecker } from './integrity.ts';
import type { ReplicaSource } from './source.ts';
import { clearTarget, targetFile } from './target-file.ts';

export interface RestoreFileRequest {
  readonly source: ReplicaSource;
  readonly file: string;
  readonly force: boolean;
  readonly query: RestoreQuery;
  readonly check: IntegrityCheck;
  /** Files that are fetched at once. */
  readonly parallelism: number;
  readonly note: (text: string) => void;
}

/** What was restored; `replica` is the name of the one that gave it. */
export interface RestoredFile {
  readonly file: string;
  readonly replica: string;
  readonly url: string;
  readonly txid: string;
  readonly timestamp: string;
  readonly sizeBytes: number;
  /** LTX files it is made of. */
  readonly files: number;
  readonly integrityCheck: IntegrityCheck;
}

/** There is nothing to restore from: every replica was reached, and none holds a database. */
export const NO_REPLICA = Symbol('no replica');

/**
 * Restores a point into a file that is whole, verified and in place, or not there. Of several replicas the one with
 * the newest match gives it; where that fails, the next.
 * @throws LfsbError, CliError
 */
export async function restoreFile(request: RestoreFileRequest): Promise<RestoredFile | typeof NO_REPLICA> {
  const { source, query, note } = request;
  const file = await targetFile(request.file, request);
  const onState = ({ up, message }: { up: boolean; message: string }): void => {
    if (!up) note(`Warning: ${message}`);
  };
  const ranking = await rankReplicas(source.replicas, query, { env: process.env, onState });
  try {
    if (ranking.candidates.length === 0) {
      if (ranking.unfit.every(({ isEmpty }) => isEmpty)) return NO_REPLICA;
      throw whyNone(ranking.unfit);
    }
    tellUnfit(ranking.unfit, note);
    await mkdir(dirname(file), { recursive: true });
    return await fromFirst(ranking.candidates, { ...request, file });
  } finally {
    await ranking.close();
  }
}

/** A replica that could not be asked may have a newer point. */
function tellUnfit(unfit: readonly Unfit[], note: RestoreFileRequest['note']): void {
  for (const { error } of unfit) note(`Warning: not asked further: ${messageOf(error)}`);
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function fromFirst(
  candidates: readonly Candidate[],
  request: RestoreFileRequest,
): Promise<RestoredFile> {
  for (const [at, candidate] of candidates.entries()) {
    try {
      return await fromOne(candidate, request);
    } catch (error) {
      const failure = replicaFailure(candidate.config.name, error);
      const next = candidates[at + 1];
      if (next === undefined || !isOfReplica(error)) throw failure;
      request.note(`Warning: ${messageOf(failure)}; going on with ${next.config.name}`);
    }
  }
  throw new Error('there is a candidate');
}

/** What is wrong with our own disk, or with the database itself, is wrong wherever it comes from. */
const isOfReplica = (error: unknown): boolean =>
  !(error instanceof CliError) && typeof (error as NodeJS.ErrnoException).errno !== 'number';

async function fromOne(
  { config, replica, point: probed }: Candidate,
  { file, force, query, check, parallelism }: RestoreFileRequest,
): Promise<RestoredFile> {
  const scratchDirectory = await mkdtemp(join(dirname(file), '.lfsb-restore-'));
  const settled = whenInterrupted(() => rmSync(scratchDirectory, { recursive: true, force: true }));
  const progress = new RestoreProgress();
  const checker = startChecker(check);
  try {
    const opened = await openRestore({
      replica,
      query,
      probed,
      folder: config.target.type === 'file' ? config.target.path : null,
      scratchDirectory,
      parallelism,
      onTotal: (bytes) => progress.begin(bytes),
      onBytes: (count) => progress.add(count),
    });
    try {
      await writeOutput(
        file,
        { force },
        {
          write: (draft) => writeAhead(draft, opened.chunks),
          verify: async (draft) => {
            progress.end();
            const { size } = await stat(draft);
            if (size !== opened.sizeBytes)
              throw new Error(`${draft} has ${size} bytes, not ${opened.sizeBytes}`);
            await checker.check(draft);
            await clearTarget(file, draft, { force });
          },
        },
      );
    } finally {
      await opened.close();
    }
    const { pos, timestamp, sizeBytes, files } = opened;
    const point = { txid: formatTxid(pos.txid), timestamp: new Date(timestamp).toISOString() };
    return { file, replica: config.name, url: config.url, ...point, sizeBytes, files, integrityCheck: check };
  } finally {
    progress.end();
    await checker.close();
    await rm(scratchDirectory, { recursive: true, force: true });
    settled();
  }
}

/** Begins anew where a listing had to be read again. */
class RestoreProgress {
  #shown: Progress | null = null;

  begin(totalBytes: number): void {
    this.end();
    this.#shown = new Progress('restoring', totalBytes);
  }

  add(bytes: number): void {
    this.#shown?.add(bytes);
  }

  end(): void {
    this.#shown?.hide();
    this.#shown = null;
  }
}
