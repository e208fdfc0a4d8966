/**
 * Every way in which bytes fail to be an LTX file, or files fail to be a chain. Codes are stable: they are
 * stored in events, printed by the CLI and mapped to HTTP statuses. `docs/ltx.md` explains each.
 */
export type LtxErrorCode =
  | 'LTX_MAGIC'
  | 'LTX_FLAGS'
  | 'LTX_LATER_LAYOUT'
  | 'LTX_PAGE_SIZE'
  | 'LTX_TXID'
  | 'LTX_PRE_APPLY'
  | 'LTX_WAL'
  | 'LTX_RESERVED'
  | 'LTX_FIELD_RANGE'
  | 'LTX_TRUNCATED'
  | 'LTX_TRAILING_BYTES'
  | 'LTX_PAGE_ORDER'
  | 'LTX_PAGE_BOUNDS'
  | 'LTX_LOCK_PAGE'
  | 'LTX_SNAPSHOT_PAGES'
  | 'LTX_DELETION_PAGES'
  | 'LTX_PAGE_LENGTH'
  | 'LTX_PAGE_BLOCK'
  | 'LTX_LZ4_FRAME'
  | 'LTX_LZ4_BLOCK'
  | 'LTX_LZ4_CHECKSUM'
  | 'LTX_LZ4_CONTENT_SIZE'
  | 'LTX_POST_APPLY'
  | 'LTX_FILE_CHECKSUM'
  | 'LTX_MERGE_INPUTS'
  | 'LTX_NOT_CONTIGUOUS'
  | 'LTX_CHAIN_CHECKSUM'
  | 'LTX_PAGE_SIZE_CHANGE'
  | 'LTX_NOT_A_BASE'
  | 'LTX_PAGE_MISSING'
  | 'LTX_DATABASE_CHECKSUM';

/**
 * The one error that reading, writing or merging LTX files throws for bad content. (Misuse of the API, such as
 * a page after `end()`, is a plain `Error`: it is a bug of the caller's.)
 */
export class LtxError extends Error {
  override readonly name = 'LtxError';

  /**
   * @param code what is wrong
   * @param offset byte offset in the file of the field that is wrong. Inside a compressed page block, where a
   *   page has no offset of its own, that of the LZ4 block which holds it. 0 for what concerns several files.
   * @param message one sentence, without the offset
   */
  constructor(
    readonly code: LtxErrorCode,
    readonly offset: number,
    message: string,
    options?: LtxErrorOptions,
  ) {
    super(message, options);
    this.input = options?.input;
  }

  /** Which of several inputs is at fault, counted from 0 as they were given; undefined where that is not said. */
  readonly input: number | undefined;
}

export interface LtxErrorOptions extends ErrorOptions {
  input?: number;
}
