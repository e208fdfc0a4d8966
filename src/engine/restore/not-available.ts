import type { RestorePoint } from '../../compactor/plan/index.ts';
import { LfsbError } from '../../errors/index.ts';
import { formatTxid } from '../../ltx/index.ts';
import type { FoundPoint, PointQuery } from './points.ts';
import { formatTimestamp } from './timestamp.ts';

/** What is asked for is no restore point: names the nearest ones, for people and as fields. */
export function notAvailable(query: PointQuery, found: Extract<FoundPoint, { kind: 'none' }>): LfsbError {
  const { before, after } = found;
  const nearest = { before: before && fieldsOf(before), after: after && fieldsOf(after) };
  const [code, message] =
    'txid' in query
      ? (['ENOTXID', 'tx not available'] as const)
      : (['ENOTIMESTAMP', 'timestamp not available'] as const);
  return new LfsbError(code, message, { hint: neighbours(before, after), fields: { nearest } });
}

function neighbours(before: RestorePoint | null, after: RestorePoint | null): string {
  if (before === null) {
    return after === null
      ? 'there is no restore point yet'
      : `the nearest restore point is ${shown(after)}, after it`;
  }
  if (after === null) return `the nearest restore point is ${shown(before)}, before it`;
  return `the nearest restore points are ${shown(before)}, before it, and ${shown(after)}, after it`;
}

const fieldsOf = ({ txid, effectiveTime }: RestorePoint) => ({
  txID: formatTxid(txid),
  timestamp: formatTimestamp(effectiveTime),
});

const shown = ({ txid, effectiveTime }: RestorePoint): string =>
  `${formatTxid(txid)} (${formatTimestamp(effectiveTime)})`;
