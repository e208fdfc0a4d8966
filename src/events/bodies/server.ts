import { z } from 'zod';
import { milliseconds, text } from './fields.ts';

/** `version` of lfsb, `node` the runtime's version, `dataDirectory` as an absolute path. */
export const serverStarted = z.strictObject({ version: text, node: text, dataDirectory: text });

export const serverStopped = z.strictObject({ reason: text });

/** The wall clock reads `wall` where the monotonic one led to expect `expected`. */
export const clockSuspect = z.strictObject({ wall: milliseconds, expected: milliseconds });

/** `by`: an operator's token id, or the replicas whose dates agreed. */
export const clockCleared = z.strictObject({ by: text });
