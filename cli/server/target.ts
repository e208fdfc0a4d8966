import * as Flags from '@oclif/core/flags';
import type { Target } from '../../src/client/index.ts';
import { CliError } from '../cli-error.ts';
import { parseTime } from '../time/parse-time.ts';
import { txidOf } from './parse-txid.ts';

/** The flags that name a restore point. */
export const targetFlags = {
  txid: Flags.string({ summary: 'the point of this transaction: 16 hex digits, or 0x and fewer' }),
  timestamp: Flags.string({
    summary: 'the last point not after this time: RFC 3339, "2 hours ago", "yesterday 14:00"',
    helpValue: 'TIME',
  }),
};

/**
 * The point that the flags name; undefined for none. Says how a time was understood.
 * @throws CliError `EUSAGE`, before anything is asked of a server
 */
export function targetOf(
  { txid, timestamp }: { readonly txid?: string | undefined; readonly timestamp?: string | undefined },
  note: (text: string) => void,
): Target | undefined {
  if (txid !== undefined && timestamp !== undefined) {
    throw new CliError('EUSAGE', 'cannot specify both --txid and --timestamp flags');
  }
  if (txid !== undefined) return { txid: txidOf(txid) };
  if (timestamp === undefined) return undefined;
  const { utc, text } = parseTime(timestamp, Date.now());
  note(`timestamp: ${text}`);
  return { timestamp: utc };
}
