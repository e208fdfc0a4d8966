import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { realpath, stat } from 'node:fs/promises';
import type { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Download, LfsbClient, Resumption, SnapshotFormat, Target } from '../../src/client/index.ts';
import { humanBytes } from '../human.ts';
import { checkOutput, writeOutput } from '../output-file.ts';
import { Progress } from '../progress.ts';

/** What to download, and where to. */
export interface SaveRequest {
  readonly db: string;
  readonly format: SnapshotFormat;
  readonly target: Target | undefined;
}

/** Where a download goes, and who hears of it. */
export interface SavePlace {
  readonly file: string;
  readonly force: boolean;
  /** Says something to the person at the terminal. */
  readonly note: (text: string) => void;
}

/** What was written. `txid` is null for a SQLite file of an older server, which does not say. */
export interface Saved {
  readonly database: string;
  readonly format: SnapshotFormat;
  readonly file: string;
  readonly txid: string | null;
  readonly sizeBytes: number;
  readonly sha256: string;
}

/** Downloads a database into a file that is whole and right, or not there; goes on where the connection breaks off. */
export async function saveSnapshot(
  client: LfsbClient,
  { db, format, target }: SaveRequest,
  { file, force, note }: SavePlace,
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
    : await intoFile(download, { file: path, force, note }, sum);
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

async function intoFile(
  download: Download,
  { file: path, force, note }: SavePlace,
  sum: Sum,
): Promise<number> {
  let size = 0;
  await writeOutput(
    path,
    { force },
    {
      write: async (file) => {
        for await (const chunk of counted(download, sum, note)) {
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

/** @param note hears where it goes on; without it a download that breaks off is over */
async function* counted(
  download: Download,
  sum?: Sum,
  note?: (text: string) => void,
): AsyncGenerator<Buffer, void> {
  using progress = new Progress('downloading', download.sizeBytes);
  const onResume = (what: Resumption): void => {
    progress.hide();
    note?.(resumeText(what));
  };
  for await (const chunk of download.chunks(note && { onResume })) {
    sum?.update(chunk);
    yield chunk;
    progress.add(chunk.length);
  }
}

const resumeText = ({ because, receivedBytes, sizeBytes, waitMs }: Resumption): string =>
  `${because.message}: ${humanBytes(receivedBytes)} of ${humanBytes(sizeBytes)} are here, going on in ${waitMs / 1_000} s`;
