import { dirname, join } from 'node:path';
import { formatSeq } from '../seal/keys.ts';

/** Where checkpoints of a log are kept, beside its database. */
export const checkpointDirectory = (database: string): string => join(dirname(database), 'checkpoint');

/** File name of the checkpoint that follows from the events up to `seq`. */
export const checkpointName = (seq: number): string => `${formatSeq(seq)}.db`;

/** The sequence number in a checkpoint's file name; null for another file. */
export function seqOfName(name: string): number | null {
  const match = /^([0-9a-f]{16})\.db$/.exec(name);
  return match?.[1] === undefined ? null : Number.parseInt(match[1], 16);
}

export const checkpointPath = (database: string, seq: number): string =>
  join(checkpointDirectory(database), checkpointName(seq));
