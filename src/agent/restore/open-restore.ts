import type { PointQuery } from '../../engine/restore/points.ts';
import type { SnapshotInput } from '../../engine/snapshot/input.ts';
import { closeAll } from '../../engine/snapshot/reduce.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid, mergeToDatabase, type Pos } from '../../ltx/index.ts';
import type { Replica } from '../../storage/index.ts';
import { type FoundChain, findChain } from './find.ts';
import { GoneError, Heads } from './heads.ts';
import { openInputs } from './inputs.ts';
import { listFiles } from './listing.ts';

/** Times that a listing is read again because a file went meanwhile: the agent that writes there goes on. */
export const LISTINGS_MAX = 5;

/** Writes what was opened to a file. */
export { writeAhead } from '../../storage/sync-ahead.ts';

export interface RestoreFromReplica {
  /** The folder of one database: an object's key is `{level}/{min16}-{max16}.ltx`. */
  readonly replica: Replica;
  /** Null: the newest point. */
  readonly query: PointQuery | null;
  /** What `probeRestore` found for the query, so that it is not looked for again while it is there. */
  readonly probed?: ProbedPoint | undefined;
  /** Its folder, where it is one of this machine. */
  readonly folder: string | null;
  readonly scratchDirectory: string;
  readonly parallelism: number;
  /** Told how many bytes there are to read when that is known, and then of those read. */
  readonly onTotal: (bytes: number) => void;
  readonly onBytes: (count: number) => void;
}

/** A restore point of a replica, open to be read once. */
export interface OpenedRestore {
  readonly pos: Pos;
  /** Effective time, ms. */
  readonly timestamp: number;
  readonly pageSize: number;
  readonly sizeBytes: number;
  /** Files it is made of. */
  readonly files: number;
  /** The database file. Whoever got all chunks has it, verified: each file by its own checksum, all of it by the last one's. */
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens a restore point by what is on a replica alone: no server, no log, no configuration. A replica that is
 * being written to, or a copy made of it meanwhile, is as good as one at rest.
 * @throws LfsbError `ENODB`, `ENOTXID`, `ENOTIMESTAMP` with the nearest points, `ECORRUPT`; StorageError
 */
export function openRestore(request: RestoreFromReplica): Promise<OpenedRestore> {
  let probed = request.probed?.chain;
  return untilListed(async () => {
    const chain = probed ?? (await livingChain(request.replica, request.query));
    probed = undefined;
    return openOnce(chain, request);
  });
}

/** A restore point as it was found, not opened. */
export interface ProbedPoint extends Omit<OpenedRestore, 'chunks' | 'close'> {
  /** The way to it. */
  readonly chain: FoundChain;
}

/**
 * What `openRestore` would open, by a listing and a few small requests.
 * @throws LfsbError as `openRestore`; StorageError
 */
export const probeRestore = ({
  replica,
  query,
}: Pick<RestoreFromReplica, 'replica' | 'query'>): Promise<ProbedPoint> =>
  untilListed(async () => {
    const chain = await livingChain(replica, query);
    return { ...describe(chain), chain };
  });

async function untilListed<T>(work: () => Promise<T>): Promise<T> {
  for (let listing = 1; ; listing++) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof GoneError)) throw error;
      if (listing < LISTINGS_MAX) continue;
      const hint = 'try again, or restore from a copy of the replica';
      throw new LfsbError('EUNAVAILABLE', error.message, { cause: error, hint });
    }
  }
}

async function livingChain(replica: Replica, query: PointQuery | null): Promise<FoundChain> {
  const chain = await findChain(await listFiles(replica), new Heads(replica), query);
  const [last, head] = [chain.files.at(-1)!, chain.heads.at(-1)!];
  if (head.commit === 0) {
    throw new LfsbError('ENODB', `the database was deleted by transaction ${formatTxid(last.maxTxid)}`, {
      hint: 'name an earlier point by --txid or --timestamp',
    });
  }
  return chain;
}

async function openOnce(chain: FoundChain, request: RestoreFromReplica): Promise<OpenedRestore> {
  request.onTotal(chain.files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0));
  const inputs = await openInputs(chain, request);
  return { ...describe(chain), chunks: contentOf(inputs), close: () => closeAll(inputs) };
}

function describe({ files, heads }: FoundChain): Omit<ProbedPoint, 'chain'> {
  const [last, head] = [files.at(-1)!, heads.at(-1)!];
  return {
    pos: { txid: last.maxTxid, checksum: head.postApplyChecksum },
    timestamp: head.timestamp,
    pageSize: head.pageSize,
    sizeBytes: head.commit * head.pageSize,
    files: files.length,
  };
}

const contentOf = (inputs: readonly SnapshotInput[]): AsyncIterable<Uint8Array> =>
  mergeToDatabase(inputs.map((input) => input.chunks()));
