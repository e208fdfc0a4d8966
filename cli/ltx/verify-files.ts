import { EXIT } from '../../src/errors/index.ts';
import { formatChecksum, formatTxid } from '../../src/ltx/index.ts';
import { Progress } from '../progress.ts';
import { toFailure } from '../to-failure.ts';
import { type DecodedFile, decodeFile, nameOf, totalBytesOf } from './decode-file.ts';
import { LtxFileError } from './ltx-file-error.ts';

/** What `ltx verify --json` prints of a file. */
export type VerifyRecord =
  | {
      readonly file: string;
      readonly ok: true;
      readonly minTxid: string;
      readonly maxTxid: string;
      readonly pageSize: number;
      readonly commit: number;
      readonly postApplyChecksum: string;
      readonly fileChecksum: string;
    }
  | {
      readonly file: string;
      readonly ok: false;
      readonly code: string;
      readonly message: string;
      /** The byte at fault; null when the file could not be read at all. */
      readonly offset: number | null;
    };

/** A file's record, and the exit code that it alone would give. */
export interface Verified {
  readonly record: VerifyRecord;
  readonly exit: number;
}

/** Checks file after file; what is wrong with one is a result, and only a bug of ours is thrown. */
export async function* verifyFiles(paths: readonly string[]): AsyncGenerator<Verified, void> {
  using progress = new Progress('verifying', await totalBytesOf(paths));
  for (const path of paths) {
    const verified = await verifyFile(path, progress);
    progress.hide();
    yield verified;
  }
}

async function verifyFile(path: string, progress: Progress): Promise<Verified> {
  const file = nameOf(path);
  try {
    return { record: recordOf(file, await decodeFile(path, {}, progress)), exit: EXIT.done };
  } catch (error) {
    if (error instanceof LtxFileError) {
      const { code, what: message, offset } = error;
      return { record: { file, ok: false, code, message, offset }, exit: EXIT.verification };
    }
    const { code, message, exit } = toFailure(error);
    if (exit === EXIT.unexpected) throw error;
    const what = message.startsWith(`${file}: `) ? message.slice(file.length + 2) : message;
    return { record: { file, ok: false, code, message: what, offset: null }, exit };
  }
}

function recordOf(file: string, { header, trailer }: DecodedFile): VerifyRecord {
  return {
    file,
    ok: true,
    minTxid: formatTxid(header.minTxid),
    maxTxid: formatTxid(header.maxTxid),
    pageSize: header.pageSize,
    commit: header.commit,
    postApplyChecksum: formatChecksum(trailer.postApplyChecksum),
    fileChecksum: formatChecksum(trailer.fileChecksum),
  };
}

/** One exit code for all files: a bad one outweighs one that could not be read. */
export function exitAfter(exits: readonly number[]): number {
  if (exits.includes(EXIT.verification)) return EXIT.verification;
  return exits.find((exit) => exit !== EXIT.done) ?? EXIT.done;
}
