import type { Logger } from '../logging.ts';
import { formatTxid } from '../ltx/index.ts';
import type { SyncReport } from '../sources/report.ts';

/** What of a sync is worth a line: what changed since the last one, and what costs a whole reading. */
export function tellSync(log: Logger, path: string, last: SyncReport | null, report: SyncReport): void {
  if (last?.state !== report.state && report.state !== 'current') {
    log.warn({ path, state: report.state }, 'database cannot be read');
  }
  if (last?.state !== report.state && report.state === 'current') {
    const txid = formatTxid(report.pos?.txid ?? 0n);
    log.info({ path, txid }, 'replicating');
  }
  if (report.compared !== null) log.info({ path, reason: report.compared }, 'whole database read');
  if (report.reopened !== null) log.info({ path, reason: report.reopened }, 'database opened again');
  for (const warning of report.warnings) log.warn({ path, reason: warning }, 'got over a problem');
}
