import type { FileHandle } from 'node:fs/promises';
import {
  applyLtx,
  formatChecksum,
  LtxError,
  type LtxHeader,
  type LtxTrailer,
  PageSumTable,
  type PageTarget,
} from '../../src/ltx/index.ts';
import { requireBase } from '../../src/ltx/merge.ts';
import { type OutputOptions, writeOutput } from '../output-file.ts';
import { Progress } from '../progress.ts';
import { beforeNext, type ChainFile, naming, readChain, requireChain } from './chain.ts';
import { checksumOfDatabase } from './database-checksum.ts';
import { nameOf, readInput, totalBytesOf } from './decode-file.ts';
import { LtxFileError } from './ltx-file-error.ts';

/** The state that a chain leads to. */
export interface AppliedChain {
  /** The last file's, but for the min TXID: that is the first one's. */
  readonly header: LtxHeader;
  readonly trailer: LtxTrailer;
}

/** A file whose header may not be known before it is read, as of a pipe. */
type Link = { readonly path: string; readonly header?: LtxHeader };

/**
 * Makes the SQLite database that a chain of files leads to, from a snapshot (or the first file after a
 * deletion) on. It appears under its name only when its checksum is right after every file, and once more
 * when it is read back.
 * @throws LtxFileError
 */
export async function applyChain(
  output: string,
  paths: readonly string[],
  options: OutputOptions,
): Promise<AppliedChain> {
  const links: readonly Link[] =
    paths.length === 1 && paths[0] === '-' ? [{ path: '-' }] : await chainOf(paths);
  let applied: AppliedChain | undefined;
  await writeOutput(output, options, {
    write: async (file) => {
      applied = await applyAll(links, targetOf(file));
    },
    verify: (draft) => verify(draft, applied!),
  });
  return applied!;
}

async function chainOf(paths: readonly string[]): Promise<ChainFile[]> {
  const files = await readChain(paths);
  naming(files[0]!.path, () => requireBase(files[0]!.header));
  requireChain(files, true);
  return files;
}

async function applyAll(links: readonly Link[], target: PageTarget): Promise<AppliedChain> {
  using progress = new Progress('applying', await totalBytesOf(links.map(({ path }) => path)));
  const sums = new PageSumTable();
  let before: AppliedChain | undefined;
  for (const { path, header } of links) {
    const previous = before && header ? { previous: beforeNext(before, header) } : {};
    try {
      const applied: AppliedChain = await applyLtx(readInput(path, progress), target, { ...previous, sums });
      if (before === undefined) requireBase(applied.header);
      const { minTxid } = before?.header ?? applied.header;
      before = { header: { ...applied.header, minTxid }, trailer: applied.trailer };
    } catch (error) {
      throw error instanceof LtxError ? new LtxFileError(nameOf(path), error) : error;
    }
  }
  return before!;
}

function targetOf(file: FileHandle): PageTarget {
  return {
    async write(offset, bytes) {
      for (let at = 0; at < bytes.length; ) {
        at += (await file.write(bytes, at, bytes.length - at, offset + at)).bytesWritten;
      }
    },
    truncate: (size) => file.truncate(size),
  };
}

async function verify(draft: string, { header, trailer }: AppliedChain): Promise<void> {
  const found = await checksumOfDatabase(draft, header.pageSize, header.commit);
  if (found === trailer.postApplyChecksum) return;
  const wanted = formatChecksum(trailer.postApplyChecksum);
  const message = `the database reads back with checksum ${formatChecksum(found)}, not ${wanted}`;
  throw new LtxFileError(draft, new LtxError('LTX_DATABASE_CHECKSUM', 0, message));
}
