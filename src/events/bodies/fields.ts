import { z } from 'zod';

/** Characters of a free text that is kept for people to read. */
export const TEXT_CHARS_MAX = 4096;

export const CLUSTER_PATTERN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,31}$/;
export const DATABASE_PATTERN = /^[A-Za-z0-9_-][A-Za-z0-9_.-]{0,255}$/;

export const clusterName = z.string().regex(CLUSTER_PATTERN);
export const databaseName = z.string().regex(DATABASE_PATTERN);

/** 16 lower-case hex digits: a TXID, a checksum, a node id. */
export const hex16 = z.string().regex(/^[0-9a-f]{16}$/);
/** 64 lower-case hex digits: a SHA-256. */
export const hex64 = z.string().regex(/^[0-9a-f]{64}$/);
/** A size in bytes as a decimal string: sizes may pass 2^53, JSON numbers may not. */
export const sizeBytes = z.string().regex(/^(?:0|[1-9][0-9]{0,19})$/);

/** Milliseconds since 1970 UTC. Negative ones exist: an LTX header may claim any time. */
export const milliseconds = z.int();
export const count = z.int().min(0);
export const ordinal = z.int().min(1);
/** A number of pages as SQLite counts them: 32 bits. */
export const pageCount = z.int().min(0).max(0xffff_ffff);
/** A power of two from 512 to 65,536, as SQLite has them. */
export const pageSize = z
  .int()
  .min(512)
  .max(65_536)
  .refine((size) => (size & (size - 1)) === 0, 'not a power of two');

export const text = z.string().max(TEXT_CHARS_MAX);
/** A stable code of the error catalogue, as `EPOSMISMATCH`. */
export const errorCode = z.string().regex(/^[A-Z][A-Z0-9_]{0,63}$/);
