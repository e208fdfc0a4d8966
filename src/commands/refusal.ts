import type { ErrorCode } from '../errors/index.ts';
import type { Pos } from '../ltx/index.ts';

/** A command that is not carried out: the reason, as the client is told it. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** What to try next, or what exactly is wrong, for a person. */
  readonly hint?: string;
  /** Our position, where the protocol tells it (EPOSMISMATCH). */
  readonly pos?: Pos;
  /** The rule of the file format that was broken, and where. */
  readonly ltx?: { readonly code: string; readonly offset: number };
}

export const refuse = (
  code: ErrorCode,
  message: string,
  more: Omit<Refusal, 'code' | 'message'> = {},
): Refusal => ({
  code,
  message,
  ...more,
});

/** The position of a database nobody knows, as EPOSMISMATCH tells it. */
export const NO_POSITION: Pos = { txid: 0n, checksum: 0n };

/** A database whose newest transaction nothing stored leads to: what comes next would lead nowhere either. */
export const AWAITS_WHOLE = refuse(
  'EUNAVAILABLE',
  'stored files are lost, and the whole database is awaited from its source first',
  {
    hint: 'try again when it has come; where no source is left, download a point that can be restored, delete the database and import it',
  },
);
