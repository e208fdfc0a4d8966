import { ERROR_CATALOGUE, type ErrorCode, LfsbError } from '../errors/index.ts';
import { VersionConflictError } from './errors.ts';

/** An error on its way between threads: a clone would keep neither its class nor its code. */
export interface ErrorShape {
  readonly name: string;
  readonly message: string;
  readonly code: string | undefined;
  readonly stack: string | undefined;
  readonly hint?: string | undefined;
  readonly fields?: Readonly<Record<string, unknown>>;
  readonly conflict?: { readonly stream: string; readonly expected: number; readonly actual: number };
  readonly cause?: ErrorShape;
}

/** Causes of causes that are taken along. */
const CAUSES_MAX = 4;

export function toShape(error: unknown, depth = 0): ErrorShape {
  if (!(error instanceof Error)) {
    return { name: 'Error', message: String(error), code: undefined, stack: undefined };
  }
  const code = (error as { code?: unknown }).code;
  return {
    name: error.name,
    message: error.message,
    code: typeof code === 'string' ? code : undefined,
    stack: error.stack,
    ...(error instanceof LfsbError && { hint: error.hint, fields: error.fields }),
    ...(error instanceof VersionConflictError && {
      conflict: { stream: error.stream, expected: error.expected, actual: error.actual },
    }),
    ...(error.cause !== undefined && depth < CAUSES_MAX && { cause: toShape(error.cause, depth + 1) }),
  };
}

const isCatalogued = (code: string | undefined): code is ErrorCode =>
  code !== undefined && Object.hasOwn(ERROR_CATALOGUE, code);

/** The error again: of the catalogue or a version conflict as it was, anything else as a cause of `EINTERNAL`. */
export function fromShape(shape: ErrorShape): Error {
  if (shape.conflict !== undefined) {
    const { stream, expected, actual } = shape.conflict;
    return new VersionConflictError(stream, expected, actual);
  }
  if (shape.name === 'LfsbError' && isCatalogued(shape.code)) {
    return new LfsbError(shape.code, shape.message, {
      fields: shape.fields ?? {},
      ...(shape.hint !== undefined && { hint: shape.hint }),
      ...(shape.cause !== undefined && { cause: plainError(shape.cause) }),
    });
  }
  return new LfsbError('EINTERNAL', `the log's writer failed: ${shape.message}`, {
    cause: plainError(shape),
  });
}

/** An error of opening the log, with its own name and code: `EMIGRATION`, or SQLite's. */
export const openingError = (shape: ErrorShape): Error => plainError(shape);

function plainError(shape: ErrorShape): Error {
  const options = shape.cause === undefined ? undefined : { cause: plainError(shape.cause) };
  const error = new Error(shape.message, options);
  const { name, stack, code } = shape;
  return Object.assign(error, { name, stack, ...(code !== undefined && { code }) });
}
