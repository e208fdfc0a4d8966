import type { ChainVerdict, LogClient, LogHead } from '../../src/client/index.ts';
import { CliError } from '../cli-error.ts';
import { Progress } from '../progress.ts';

const HEAD = /^([1-9][0-9]{0,14}):([0-9a-f]{64})$/;

/** A head as it is kept, `seq:hash`. @throws CliError `EUSAGE` */
export function headOf(text: string): LogHead {
  const match = HEAD.exec(text.trim().toLowerCase());
  if (match === null) {
    throw new CliError('EUSAGE', `not a head: ${JSON.stringify(text)}`, 'a head is SEQ:HASH, 64 hex digits');
  }
  return { seq: Number(match[1]), hash: match[2]! };
}

/** Proves the chain, and that a head which was kept elsewhere is on it. */
export async function verifyChain(log: LogClient, expected?: LogHead): Promise<ChainVerdict> {
  let kept: string | undefined;
  const { seq: last } = await log.head();
  using progress = new Progress('proving', last, 'events');
  const verdict = await log.verify(({ seq, hash }) => {
    progress.add(1);
    if (seq === expected?.seq) kept = hash;
  });
  if (!verdict.ok || expected === undefined || kept === expected.hash) return verdict;
  const what =
    kept === undefined
      ? `the log ends at ${verdict.head.seq}, but its head was ${expected.seq} once`
      : 'its hash is not the one that was kept: this chain was rewritten';
  return { ok: false, seq: kept === undefined ? verdict.head.seq + 1 : expected.seq, what };
}
