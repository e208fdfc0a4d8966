import { createReadStream } from 'node:fs';
import {
  type Checksum,
  ChecksumTally,
  frameChecksums,
  lockPage,
  PAGE_NUMBER_BYTES,
  writePageNumber,
} from '../../src/ltx/index.ts';

const READ_BYTES = 1 << 20;

/** The checksum of a SQLite file of `commit` pages; of one that is shorter it is another. */
export async function checksumOfDatabase(path: string, pageSize: number, commit: number): Promise<Checksum> {
  const tally = new ChecksumTally();
  const lock = lockPage(pageSize);
  let page = 0;
  const frameLength = pageSize + PAGE_NUMBER_BYTES;
  const frames = new Uint8Array((READ_BYTES / pageSize) * frameLength);
  // A file is read in full chunks until its end, so every chunk is whole pages.
  const chunks = createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>;
  for await (const chunk of chunks) {
    let count = 0;
    for (let at = 0; at + pageSize <= chunk.length && page < commit; at += pageSize) {
      page += 1;
      if (page === lock) continue;
      writePageNumber(frames, count * frameLength, page);
      frames.set(chunk.subarray(at, at + pageSize), count * frameLength + PAGE_NUMBER_BYTES);
      count += 1;
    }
    tally.add(frameChecksums(frames, count, pageSize));
  }
  return tally.checksum;
}
