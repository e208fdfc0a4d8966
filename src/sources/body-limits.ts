import type { BodyLimits } from '../engine/ingest/body-reader.ts';

/** The longest a timer runs, ms. */
const FOREVER_MS = 2 ** 31 - 1;

/**
 * Limits of an ingest whose bodies come from sources: while a large database is compared, pages that differ may be
 * far between, and what is read in this process does not stall on purpose.
 */
export const SOURCE_BODY_LIMITS: BodyLimits = {
  silenceMsMax: FOREVER_MS,
  rateGraceMs: FOREVER_MS,
  rateMin: 0,
};
