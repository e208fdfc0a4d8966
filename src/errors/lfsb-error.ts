import type { ErrorCode } from './catalogue.ts';

export interface LfsbErrorOptions {
  /** What to try next, for a person. */
  readonly hint?: string;
  /** Further fields of the JSON answer (`pos`, `nearest`, `ltx`, ...). */
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly cause?: unknown;
}

/** An error of the catalogue: what failed, under a stable code. */
export class LfsbError extends Error {
  override readonly name = 'LfsbError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(code: ErrorCode, message: string, options: LfsbErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.hint = options.hint;
    this.fields = options.fields ?? {};
  }
}
