import { type Checksum, EMPTY_CHECKSUM } from '../ltx/index.ts';
import { type Refusal, refuse } from './refusal.ts';

/**
 * Refuses a database that has pages and the checksum of an empty one. The checksum is linear, so that such pages
 * can be made on purpose (by chance it is one in 2^63); and the format tells what follows a deletion by just this
 * checksum: what is built on the difference would take the next transaction for a whole database.
 */
export function refuseReserved(commit: number, checksum: Checksum): Refusal | null {
  if (commit === 0 || checksum !== EMPTY_CHECKSUM) return null;
  return refuse('EBADCHECKSUM', `${commit} pages have the checksum of an empty database`);
}
