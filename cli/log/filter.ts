import * as Flags from '@oclif/core/flags';
import type { LogFilter } from '../../src/client/index.ts';
import { CliError } from '../cli-error.ts';
import { parseTime } from '../time/parse-time.ts';

/** The flags that narrow the log; they combine. */
export const filterFlags = {
  db: Flags.string({ summary: 'of this database', helpValue: 'DB' }),
  since: Flags.string({ summary: 'not before this time: RFC 3339, "2 hours ago", ...', helpValue: 'TIME' }),
  until: Flags.string({ summary: 'not after this time', helpValue: 'TIME' }),
  type: Flags.string({ summary: 'of this type, as transaction.restored' }),
  actor: Flags.string({ summary: 'asked for with this token, or by system', helpValue: 'TOKEN' }),
};

/** The filter that the flags mean. @throws CliError `EUSAGE` */
export function filterOf(
  flags: Partial<Record<keyof typeof filterFlags, string | undefined>>,
  note: (text: string) => void,
): LogFilter {
  const { db, type, actor } = flags;
  const time = (name: 'since' | 'until'): number | undefined => {
    const text = flags[name];
    if (text === undefined) return undefined;
    const { ms, text: understood } = parseTime(text, Date.now());
    note(`${name}: ${understood}`);
    return ms;
  };
  const [since, until] = [time('since'), time('until')];
  if (since !== undefined && until !== undefined && since > until) {
    throw new CliError('EUSAGE', '--since is after --until');
  }
  return { db, type, actor, since, until };
}
