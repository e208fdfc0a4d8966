import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Download, LfsbClient, SnapshotFormat, Target } from '../../src/client/index.ts';
import { checkOutput, writeOutput } from '../output-file.ts';
import { Progress } from '../progress.ts';

/** What to download, and where to. */
export interface SaveRequest {
  readonly db: string;
  readonly format: SnapshotFormat;
  readonly target: Target | undefined;
}

/** What was written. `txid` is null for a SQLite file, which does not say. */
export interface Saved {
  readonly database: string;
  readonly format: SnapshotFormat;
  readonly file: string;
  readonly txid: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Downloads a database into a file that is whole and right, or not there. */
export async function saveSnapshot(
  client: LfsbClient,
  { db, format, target }: SaveRequest,
  { file, force }: { readonly file: string; readonly force: boolean },
): Promise<Saved> {
  // A device or a named pipe is written to, not replaced; where a link leads is replaced, not the link.
  const found = await stat(file).catch(() => undefined);
  const isPlace = found !== undefined && !found.isFile() && !found.isDirectory();
  const path = found === undefined ? file : await realpath(file);
  if (!isPlace) await checkOutput(path, { force });
  const download = await client.snapshot(db, format, target);
  const sum = createHash('sha256');
  const size = isPlace
    ? await pump(download, createWriteStream(path), sum)
    : await intoFile(download, path, force, sum);
  const txid = download.txid ?? null;
  return { database: db, format, file, txid, sizeBytes: size, sha256: sum.digest('hex') };
}

/** Downloads a database to a stream that stays open, as standard output; returns its size in bytes. */
export async function sendSnapshot(
  client: LfsbClient,
  { db, format, target }: SaveRequest,
  out: Writable,
): Promise<number> {
  return pump(await client.snapshot(db, format, target), out);
}

async function intoFile(download: Download, path: string, force: boolean, sum: Sum): Promise<number> {
  let size = 0;
  await writeOutput(
    path,
    { force },
    {
      write: async (file) => {
        for await (const chunk of counted(download, sum)) {
          await file.writeFile(chunk);
          size += chunk.length;
        }
      },
      // What came was proven while it came: here it is held against what arrived on the disk.
      verify: async (draft) => {
        const written = (await stat(draft)).size;
        if (written !== size) throw new Error(`${draft} has ${written} bytes, ${size} were written`);
      },
    },
  );
  return size;
}

async function pump(download: Download, out: Writable, sum?: Sum): Promise<number> {
  let size = 0;
  const end = out !== process.stdout;
  await pipeline(
    async function* () {
      for await (const chunk of counted(download, sum)) {
        size += chunk.length;
        yield chunk;
      }
    },
    out,
    { end },
  );
  return size;
}

interface Sum {
  update(chunk: Buffer): unknown;
}

async function* counted(download: Download, sum?: Sum): AsyncGenerator<Buffer, void> {
  using progress = new Progress('downloading', download.sizeBytes);
  for await (const chunk of download.chunks()) {
    sum?.update(chunk);
    yield chunk;
    progress.add(chunk.length);
  }
}
