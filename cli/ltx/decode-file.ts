import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { LtxDecoder, LtxError, type LtxHeader, type LtxSink, type LtxTrailer } from '../../src/ltx/index.ts';
import type { Progress } from '../progress.ts';
import { LtxFileError } from './ltx-file-error.ts';

const READ_BYTES = 1 << 20;

/** What an input is called in what we print: `-` on the command line is standard input. */
export const nameOf = (path: string): string => (path === '-' ? 'stdin' : path);

/** Bytes in all inputs together; undefined where one of them does not tell. */
export async function totalBytesOf(paths: readonly string[]): Promise<number | undefined> {
  let total = 0;
  for (const path of paths) {
    const found = path === '-' ? undefined : await stat(path).catch(() => undefined);
    if (!found?.isFile()) return undefined;
    total += found.size;
  }
  return total;
}

/** The bytes of an input, in large chunks. */
export async function* readInput(path: string, progress?: Progress): AsyncGenerator<Buffer, void> {
  const stream = path === '-' ? process.stdin : createReadStream(path, { highWaterMark: READ_BYTES });
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      yield chunk;
      progress?.add(chunk.length);
    }
  } catch (error) {
    // A failing read, unlike a failing open, does not say of what.
    if (error instanceof Error) (error as NodeJS.ErrnoException).path ??= nameOf(path);
    throw error;
  }
}

/** A file that was decoded to its end, and so is proven. */
export interface DecodedFile {
  readonly decoder: LtxDecoder;
  readonly header: LtxHeader;
  readonly trailer: LtxTrailer;
}

/**
 * Decodes an input strictly, to its end.
 * @throws LtxFileError for what is wrong in it
 */
export async function decodeFile(path: string, sink: LtxSink, progress?: Progress): Promise<DecodedFile> {
  const decoder = new LtxDecoder(sink);
  try {
    for await (const chunk of readInput(path, progress)) decoder.write(chunk);
    const trailer = decoder.end();
    return { decoder, header: decoder.header!, trailer };
  } catch (error) {
    throw error instanceof LtxError ? new LtxFileError(nameOf(path), error) : error;
  }
}
