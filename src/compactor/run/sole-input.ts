import { createHash, type Hash } from 'node:crypto';
import { checkSha256, type SnapshotInput, verifyInput } from '../../engine/snapshot/input.ts';
import type { ScratchFile } from '../../engine/snapshot/scratch-file.ts';
import {
  decodeHeader,
  encodeHeader,
  FLAG_COMPRESSED,
  HEADER_BYTES,
  isCompressed,
  LtxDecoder,
  type LtxHeader,
  type LtxTrailer,
  mergedHeader,
  readTrailer,
  relabel,
  TRAILER_BYTES,
} from '../../ltx/index.ts';
import type { PlannedFile } from '../plan/actions.ts';
import type { BuildPlaces } from './build-inputs.ts';
import { type FileSource, sourceOfPayload } from './catalogue.ts';
import type { BuildTask } from './tasks.ts';

/** What a file says at its ends. */
export interface FileEnds {
  readonly header: LtxHeader;
  readonly trailer: LtxTrailer;
}

/** The one file that a build is made of; null where there are more, or where it is small and folds in memory. */
export function soleSource({ inputs }: BuildTask, { sql }: Pick<BuildPlaces, 'sql'>): FileSource | null {
  const [only, ...others] = inputs;
  if (only === undefined || others.length > 0) return null;
  if (!(only instanceof Float64Array)) return only;
  const [seq] = only;
  if (seq === undefined || only.length > 1) return null;
  const payload = sourceOfPayload(sql, seq);
  return payload.place.kind === 'row' ? null : payload;
}

/**
 * Writes a build's one input under the output's header, its page block as it is, in one reading: the input is held
 * to its SHA-256, and what comes out is decoded. Null, and nothing written, where the page block has to be another.
 * @throws LfsbError `ECORRUPT`, LtxError
 */
export async function writeRelabelled(
  task: BuildTask,
  input: SnapshotInput,
  scratch: ScratchFile,
): Promise<FileEnds | null> {
  if (input.sizeBytes < HEADER_BYTES + TRAILER_BYTES) return null;
  try {
    return await relabelled(task, input, scratch);
  } catch (error) {
    return await explained(input, error);
  }
}

/** Whether a build's one input begins as its output is planned: then the output has the same bytes. */
export async function isUnchanged({ output }: BuildTask, input: SnapshotInput): Promise<boolean> {
  if (input.sizeBytes < HEADER_BYTES + TRAILER_BYTES) return false;
  const ends = new Ends(input.sizeBytes);
  for await (const _ of ends.pageBlock(input)) break;
  return Buffer.compare(encodeHeader(plannedHeader(output)), ends.head) === 0;
}

/** Throws what is wrong with an input: that it is not what the log says comes before what follows from that. */
export async function explained(input: SnapshotInput, error: unknown): Promise<never> {
  await verifyInput(input);
  throw error;
}

const plannedHeader = ({
  pageSize,
  commit,
  minTxid,
  maxTxid,
  effectiveTime,
  preApplyChecksum,
}: PlannedFile): LtxHeader => ({
  ...{ flags: FLAG_COMPRESSED, pageSize, commit, minTxid, maxTxid, preApplyChecksum },
  timestampMs: BigInt(effectiveTime),
  ...{ walOffset: 0n, walSize: 0n, walSalt1: 0, walSalt2: 0, nodeId: 0n },
});

async function relabelled(
  task: BuildTask,
  input: SnapshotInput,
  scratch: ScratchFile,
): Promise<FileEnds | null> {
  const hash = createHash('sha256');
  const ends = new Ends(input.sizeBytes);
  const decoder = new LtxDecoder();
  const add = async (bytes: Uint8Array): Promise<void> => {
    decoder.write(bytes);
    await scratch.add(bytes);
  };
  let header: LtxHeader | null = null;
  for await (const piece of ends.pageBlock(input, hash)) {
    if (header === null) {
      header = headerOf(task, ends.header);
      if (header === null) return null;
      await add(encodeHeader(header));
    }
    await add(piece);
  }
  checkSha256(hash.digest('hex'), input.sha256);
  if (header === null) return null;
  await add(relabel({ ...ends.both, pages: decoder.pageCount }, header).trailerBytes);
  const trailer = decoder.end();
  await scratch.end();
  return { header, trailer };
}

/** That of the merge of the one input; null where its page block would be another. */
function headerOf({ isCopy, asSnapshot, output }: BuildTask, header: LtxHeader): LtxHeader | null {
  if (isCopy) return header;
  if (!isCompressed(header)) return null;
  const files = { first: header, last: header, lowestCommit: header.commit };
  return mergedHeader(files, { compress: true, asSnapshot, timestampMs: BigInt(output.effectiveTime) });
}

/** Keeps the ends of a file that is read. */
class Ends {
  readonly #sizeBytes: number;
  readonly head = new Uint8Array(HEADER_BYTES);
  readonly #tail = new Uint8Array(TRAILER_BYTES);

  constructor(sizeBytes: number) {
    this.#sizeBytes = sizeBytes;
  }

  /** What is between the ends, in pieces; with the first of them the header is known. */
  async *pageBlock(input: SnapshotInput, hash?: Hash): AsyncGenerator<Uint8Array> {
    const end = this.#sizeBytes - TRAILER_BYTES;
    let at = 0;
    for await (const chunk of input.chunks()) {
      hash?.update(chunk);
      const headBytes = Math.min(chunk.byteLength, Math.max(0, HEADER_BYTES - at));
      this.head.set(chunk.subarray(0, headBytes), Math.min(at, HEADER_BYTES));
      const tailFrom = Math.min(chunk.byteLength, Math.max(0, end - at));
      const room = Math.max(0, this.#sizeBytes - at - tailFrom);
      this.#tail.set(
        chunk.subarray(tailFrom, tailFrom + room),
        Math.min(TRAILER_BYTES, Math.max(0, at - end)),
      );
      at += chunk.byteLength;
      if (tailFrom > headBytes) yield chunk.subarray(headBytes, tailFrom);
    }
  }

  /** @throws LtxError */
  get header(): LtxHeader {
    return decodeHeader(this.head);
  }

  /** @throws LtxError */
  get both(): FileEnds {
    return { header: this.header, trailer: readTrailer(this.#tail) };
  }
}
