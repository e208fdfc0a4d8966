import { createHash } from 'node:crypto';
import { LfsbError } from '../../errors/index.ts';
import { checkSha256, type SnapshotInput } from './input.ts';

/**
 * A file that is held to its SHA-256 as it is read, before its last chunk is given: who uses it has not all of it
 * until it has proved to be right.
 * @param onUnproven told when the reading ends before that, because it fails with `ECORRUPT` or is given up, as by
 *   somebody who finds bytes that make no sense
 */
export function readOnce(input: SnapshotInput, onUnproven: () => void): SnapshotInput {
  return { ...input, chunks: () => checkedChunks(input, onUnproven) };
}

async function* checkedChunks(input: SnapshotInput, onUnproven: () => void): AsyncGenerator<Uint8Array> {
  const hash = createHash('sha256');
  let left = input.sizeBytes;
  let isProven = false;
  try {
    for await (const chunk of input.chunks()) {
      hash.update(chunk);
      left -= chunk.byteLength;
      isProven = false;
      if (left < 0) throw wrongSize(left);
      if (left === 0) checkSha256(hash.copy().digest('hex'), input.sha256);
      isProven = left === 0;
      yield chunk;
    }
    if (left > 0) throw wrongSize(left);
  } finally {
    if (!isProven) onUnproven();
  }
}

function wrongSize(left: number): LfsbError {
  const what = left > 0 ? `${left} fewer` : `${-left} more`;
  return new LfsbError('ECORRUPT', `a stored file has ${what} bytes than the log says`);
}
