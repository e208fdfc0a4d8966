import { open } from 'node:fs/promises';
import {
  checkContiguous,
  decodeHeader,
  HEADER_BYTES,
  isDeletion,
  type LtxEnds,
  LtxError,
  type LtxHeader,
} from '../../src/ltx/index.ts';
import { CliError } from '../cli-error.ts';
import { LtxFileError } from './ltx-file-error.ts';

/** A file of a chain, known by its header alone. */
export interface ChainFile {
  readonly path: string;
  readonly header: LtxHeader;
}

/**
 * Reads the headers of files and puts them in the order of their TXIDs.
 * @throws LtxFileError for a header that is wrong
 */
export async function readChain(paths: readonly string[]): Promise<ChainFile[]> {
  if (paths.includes('-')) throw new CliError('EUSAGE', 'standard input can only be the one and only FILE');
  const files: ChainFile[] = [];
  for (const path of paths) files.push({ path, header: await readHeader(path) });
  return files.sort((a, b) => (a.header.minTxid < b.header.minTxid ? -1 : 1));
}

async function readHeader(path: string): Promise<LtxHeader> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_BYTES), 0, HEADER_BYTES, 0);
    return decodeHeader(buffer.subarray(0, bytesRead));
  } catch (error) {
    if (error instanceof LtxError) throw new LtxFileError(path, error);
    if (error instanceof Error) (error as NodeJS.ErrnoException).path ??= path;
    throw error;
  } finally {
    await file.close();
  }
}

/**
 * Checks that each file continues the one before it.
 * @param acrossDeletions where a database was deleted, the next one may have another page size
 * @throws LtxFileError that names the file which does not fit
 */
export function requireChain(files: readonly ChainFile[], acrossDeletions: boolean): void {
  for (let i = 1; i < files.length; i += 1) {
    const { path, header } = files[i]!;
    const before: LtxEnds = { header: files[i - 1]!.header };
    naming(path, () => checkContiguous([acrossDeletions ? beforeNext(before, header) : before, { header }]));
  }
}

/** What was before `next`: a deleted database has no page size that would bind it. */
export const beforeNext = (before: LtxEnds, next: LtxHeader): LtxEnds =>
  isDeletion(before.header) ? { ...before, header: { ...before.header, pageSize: next.pageSize } } : before;

/** Does `work`; what the codec finds wrong is said of the file. */
export function naming<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof LtxError ? new LtxFileError(path, error) : error;
  }
}
