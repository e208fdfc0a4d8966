import { isSnapshot } from '../ltx/index.ts';
import type { DatabaseState } from './database-state.ts';
import type { ContentsFault, ReceivedFile } from './ingest.ts';
import { NO_POSITION, type Refusal, refuse } from './refusal.ts';

/** How a received file stands to the database it is for. */
export type Admission =
  | { readonly kind: 'refused'; readonly refusal: Refusal }
  /** The file is the newest transaction already: a lost answer, or a retry that races its original. */
  | { readonly kind: 'duplicate' }
  /** The first file of an incarnation. */
  | { readonly kind: 'create' }
  /** The next file of the chain. */
  | { readonly kind: 'append' }
  /** A full snapshot that takes over from a chain that no longer fits. */
  | { readonly kind: 'rebase' };

const refused = (refusal: Refusal): Admission => ({ kind: 'refused', refusal });

/**
 * The checks that need no page checksum, in the contract's order: position, page size, contents.
 *
 * An untrue EPOSMISMATCH makes LiteFS throw transactions away, so a damaged file whose position may yet be
 * right is refused for its contents.
 */
export function admitIngest(state: DatabaseState, file: ReceivedFile): Admission {
  const { contents } = file;
  if (!contents.ok && mayBeOurs(state, file, contents.fault)) return refused(contentsRefusal(contents.fault));
  if (isDuplicate(state, file))
    return { kind: state.withheld && isSnapshot(file.header) ? 'rebase' : 'duplicate' };
  const kind = positionOf(state, file);
  if (kind === 'mismatch' && isOvertaken(state, file)) {
    return refused(contents.ok ? OVERTAKEN : contentsRefusal(contents.fault));
  }
  if (kind === 'mismatch') {
    return refused(refuse('EPOSMISMATCH', 'position mismatch', { pos: state.pos ?? NO_POSITION }));
  }
  if (kind === 'append' && state.commit > 0 && file.header.pageSize !== state.pageSize) {
    const hint = `the database has pages of ${state.pageSize} bytes, the file of ${file.header.pageSize}`;
    return refused(refuse('EBADHEADER', 'page size mismatch', { hint }));
  }
  return contents.ok ? { kind } : refused(contentsRefusal(contents.fault));
}

/**
 * Whether a damaged file may still be one that fits: nothing but the file checksum fails, so that the header
 * itself may be what is wrong; or it ends at our position, as a damaged copy of our newest transaction would.
 */
function mayBeOurs(state: DatabaseState, { header }: ReceivedFile, fault: ContentsFault): boolean {
  return fault.code === 'LTX_FILE_CHECKSUM' || header.maxTxid === state.pos?.txid;
}

function isDuplicate(state: DatabaseState, { header, contents }: ReceivedFile): boolean {
  return (
    state.pos !== null &&
    contents.ok &&
    header.maxTxid === state.pos.txid &&
    contents.postApplyChecksum === state.pos.checksum
  );
}

const OVERTAKEN = refuse('EUNAVAILABLE', 'the position has moved on meanwhile: ask for it again');

/**
 * Whether our newest transaction is the beginning of this file: a primary that lost the answer was told the
 * position of before, has merged newer transactions in, and then its original was committed after all. Told of a
 * mismatch it would throw them away; told to try again it asks for the position and sends the rest.
 */
function isOvertaken({ pos, base, withheld, untilWhole }: DatabaseState, { header }: ReceivedFile): boolean {
  // What waits for a whole database goes on meanwhile.
  if (pos === null || base === null || (withheld && !untilWhole) || header.maxTxid <= pos.txid) return false;
  return header.minTxid === base.txid + 1n && header.preApplyChecksum === base.checksum;
}

function positionOf(
  state: DatabaseState,
  { header }: ReceivedFile,
): 'create' | 'append' | 'rebase' | 'mismatch' {
  if (isSnapshot(header)) {
    if (state.pos === null) return 'create';
    return state.withheld && header.maxTxid > state.pos.txid ? 'rebase' : 'mismatch';
  }
  if (state.pos === null) return 'mismatch';
  const fits = header.minTxid === state.pos.txid + 1n && header.preApplyChecksum === state.pos.checksum;
  return fits ? 'append' : 'mismatch';
}

/** A fault of the file format as a refusal. A post-apply checksum that its pages do not have is EBADCHECKSUM. */
export function contentsRefusal(fault: ContentsFault): Refusal {
  const code = fault.code === 'LTX_POST_APPLY' ? 'EBADCHECKSUM' : 'EBADLTX';
  return refuse(code, fault.message, { ltx: { code: fault.code, offset: fault.offset } });
}
