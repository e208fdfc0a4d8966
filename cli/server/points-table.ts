import type { RestorePoint } from '../../src/client/index.ts';
import { table } from '../table.ts';

/** Restore points as litefs-backup shows them; a column more where there is something to say of one. */
export function pointsTable(points: readonly RestorePoint[]): string {
  const rows = points.map((point) => {
    const note = noteOf(point);
    return [timeOf(point.timestamp), point.txid, point.checksum, ...(note === '' ? [] : [note])];
  });
  return table(['TIMESTAMP', 'TXID', 'POST-APPLY CHECKSUM'], rows);
}

const noteOf = ({ deleted, local }: RestorePoint): string =>
  [deleted ? 'deleted' : '', local ? 'local' : ''].filter((word) => word !== '').join(', ');

/** `2026-11-22 02:35:44.804 +0000 UTC`, which `--timestamp` takes, too. */
const timeOf = (timestamp: string): string =>
  timestamp.replace('T', ' ').replace(/(?:\.000)?Z$/, ' +0000 UTC');
