import { createHash } from 'node:crypto';
import { JobError } from '../../compactor/run/job-error.ts';
import { openSource, type SourcePlaces } from '../../compactor/run/sources.ts';
import { LfsbError } from '../../errors/index.ts';
import {
  EMPTY_CHECKSUM,
  formatPos,
  formatTxid,
  LtxDecoder,
  LtxEncoder,
  mergeLtx,
  mergeToDatabase,
  type Pos,
} from '../../ltx/index.ts';
import { type ChainPlaces, openAnyChain } from './any-chain.ts';
import type { ChainFile } from './chain.ts';
import { checkSha256, memoryInput, type SnapshotInput } from './input.ts';
import { type ChainOpening, closeAll } from './reduce.ts';
import type { SnapshotRequest } from './request.ts';

/** Where a snapshot's files are. */
export interface SnapshotPlaces extends SourcePlaces, ChainPlaces, Pick<ChainOpening, 'drills'> {}

/** A snapshot that is ready to be sent: all that is likely to fail lies behind. */
export interface BuiltSnapshot {
  /** Its size where it is known beforehand, bytes. */
  readonly sizeBytes: number | null;
  /** The bytes. The last of them come only after everything was checked against the position. */
  readonly chunks: AsyncIterable<Uint8Array>;
  close(): Promise<void>;
}

/**
 * Opens and verifies all files of a snapshot, merges what is too many, and hands out the rest as a stream.
 * @throws LfsbError `ECORRUPT` when no stored files are what the log says, `EUNAVAILABLE` when some cannot be had
 */
export async function buildSnapshot(
  request: SnapshotRequest,
  places: SnapshotPlaces,
): Promise<BuiltSnapshot> {
  if (request.commit === 0) return droppedSnapshot(request);
  const open = (file: ChainFile): Promise<SnapshotInput> => openFile(file, places);
  const { inputs, only } = await openAnyChain(request, places, { open, drills: places.drills });
  // A single stored snapshot is sent as it is.
  const asIs = request.format === 'ltx' && only?.minTxid === FIRST_TXID ? inputs[0] : undefined;
  return {
    sizeBytes: request.format === 'sqlite' ? request.commit * request.pageSize : (asIs?.sizeBytes ?? null),
    chunks: asIs === undefined ? mergedStream(request, inputs) : sameAgain(asIs),
    close: () => closeAll(inputs),
  };
}

const FIRST_TXID = formatTxid(1n);

/** A replica that does not answer is there again later; what it holds is not in doubt. */
async function openFile(file: ChainFile, places: SnapshotPlaces): Promise<SnapshotInput> {
  try {
    return await openSource(file, places);
  } catch (cause) {
    if (!(cause instanceof JobError)) throw cause;
    throw new LfsbError('EUNAVAILABLE', `a stored file cannot be read: ${cause.message}`, { cause });
  }
}

function mergedStream(
  { format, pos }: SnapshotRequest,
  inputs: readonly SnapshotInput[],
): AsyncIterable<Uint8Array> {
  const sources = inputs.map((input) => input.chunks());
  if (format === 'sqlite') return mergeToDatabase(sources);
  return checked(mergeLtx(sources, { compress: true, asSnapshot: true }), pos);
}

/** A verified file once more; its last chunk is held back until it has proved to be the same. */
async function* sameAgain(input: SnapshotInput): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let held: Uint8Array | null = null;
  for await (const chunk of input.chunks()) {
    hash.update(chunk);
    if (held !== null) yield held;
    held = chunk;
  }
  checkSha256(hash.digest('hex'), input.sha256);
  if (held !== null) yield held;
}

/** Decodes what is sent; the last chunk is held back until the file proves to be a snapshot at the position. */
async function* checked(file: AsyncIterable<Uint8Array>, pos: Pos): AsyncGenerator<Uint8Array> {
  const decoder = new LtxDecoder();
  let held: Uint8Array | null = null;
  for await (const chunk of file) {
    decoder.write(chunk);
    if (held !== null) yield held;
    held = chunk;
  }
  const trailer = decoder.end();
  const built = { txid: decoder.header?.maxTxid ?? 0n, checksum: trailer.postApplyChecksum };
  if (built.txid !== pos.txid || built.checksum !== pos.checksum || decoder.header?.minTxid !== 1n) {
    throw new LfsbError(
      'ECORRUPT',
      `the snapshot built is at ${formatPos(built)}, the log says ${formatPos(pos)}`,
    );
  }
  if (held !== null) yield held;
}

/** A dropped database has no content to merge: its snapshot is the fact of it. */
function droppedSnapshot({ pos, pageSize, effectiveTime }: SnapshotRequest): BuiltSnapshot {
  const chunks: Uint8Array[] = [];
  const header = {
    flags: 1,
    pageSize,
    commit: 0,
    minTxid: 1n,
    maxTxid: pos.txid,
    timestampMs: BigInt(effectiveTime),
    preApplyChecksum: 0n,
    walOffset: 0n,
    walSize: 0n,
    walSalt1: 0,
    walSalt2: 0,
    nodeId: 0n,
  };
  new LtxEncoder(header, (chunk) => chunks.push(chunk)).end(EMPTY_CHECKSUM);
  const input = memoryInput(Buffer.concat(chunks), '');
  return { sizeBytes: input.sizeBytes, chunks: input.chunks(), close: input.close };
}
