import { EXIT, type ExitCode } from '../../src/errors/index.ts';
import type { LtxError, LtxErrorCode } from '../../src/ltx/errors.ts';

/** Files that are each in order, but do not make the chain that was asked for. */
const CHAIN_CODES: ReadonlySet<LtxErrorCode> = new Set<LtxErrorCode>([
  'LTX_MERGE_INPUTS',
  'LTX_NOT_CONTIGUOUS',
  'LTX_CHAIN_CHECKSUM',
  'LTX_PAGE_SIZE_CHANGE',
  'LTX_NOT_A_BASE',
]);

/** What the codec found wrong, with the name of the file that it found it in. */
export class LtxFileError extends Error {
  override readonly name = 'LtxFileError';
  readonly code: LtxErrorCode;
  readonly offset: number;
  readonly hint = undefined;
  /** What is wrong, without the file's name. */
  readonly what: string;

  constructor(
    readonly file: string,
    cause: LtxError,
  ) {
    const what = CHAIN_CODES.has(cause.code) ? cause.message : `${cause.message}, at byte ${cause.offset}`;
    super(`${file}: ${what}`, { cause });
    this.code = cause.code;
    this.offset = cause.offset;
    this.what = what;
  }

  get exit(): ExitCode {
    return CHAIN_CODES.has(this.code) ? EXIT.refused : EXIT.verification;
  }
}
