import type { LogEvent } from '../../src/client/index.ts';
import { bold, dim, warning } from '../table.ts';
import { withOffset } from '../time/civil.ts';
import type { Run } from './run.ts';
import { isBad, runWords, wordsOf } from './words.ts';

/** Who asked. */
export function whoOf({ actor }: LogEvent): string {
  if (actor.token === 'system') return 'the server';
  return actor.address === null ? actor.token : `${actor.token} at ${actor.address}`;
}

/**
 * A line of the story: number, time, database, what happened and how much of it, who asked. Many events that say the
 * same of one database in a row are one line.
 */
export function storyLine(run: Run): string {
  const { first, last, count } = run;
  const seq = count === 1 ? `${first.seq}` : `${first.seq}-${last.seq}`;
  const db = typeof first.body['db'] === 'string' ? `${bold(first.body['db'])}: ` : '';
  const words = count === 1 ? wordsOf(first) : `${runWords(run)}, until ${withOffset(last.time)}`;
  const told = isBad(first) ? warning(words) : words;
  return `${dim(seq.padStart(6))}  ${withOffset(first.time)}  ${db}${told} ${dim('·')} ${whoOf(first)}`;
}
