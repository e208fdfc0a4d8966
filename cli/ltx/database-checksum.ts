import { createReadStream } from 'node:fs';
import { type Checksum, DatabaseSum } from '../../src/ltx/index.ts';

const READ_BYTES = 1 << 20;

/** The checksum of a SQLite file of `commit` pages; of one that is shorter it is another. */
export async function checksumOfDatabase(path: string, pageSize: number, commit: number): Promise<Checksum> {
  const sum = new DatabaseSum(pageSize);
  let left = commit * pageSize;
  for await (const chunk of createReadStream(path, { highWaterMark: READ_BYTES }) as AsyncIterable<Buffer>) {
    sum.add(chunk.subarray(0, left));
    left -= Math.min(left, chunk.length);
  }
  return sum.end();
}
