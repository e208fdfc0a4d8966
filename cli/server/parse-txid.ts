import { formatTxid, parseTxid } from '../../src/ltx/index.ts';
import { CliError } from '../cli-error.ts';

const SHORT = /^0x[0-9a-f]{1,16}$/i;

/**
 * A TXID of the command line as 16 hex digits: those, or short with `0x`. `100` alone is refused: it could be
 * meant in either base.
 * @throws CliError `EUSAGE`
 */
export function txidOf(text: string): string {
  const txid = SHORT.test(text) ? BigInt(text) : parseTxid(text);
  if (txid === undefined) {
    throw new CliError(
      'EUSAGE',
      `not a TXID: ${JSON.stringify(text)}`,
      'give 16 hex digits, or 0x and fewer',
    );
  }
  if (txid === 0n) throw new CliError('EUSAGE', 'there is no TXID 0', 'the first transaction is 0x1');
  return formatTxid(txid);
}
