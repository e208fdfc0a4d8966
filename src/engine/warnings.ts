import type { ReplicaHealth } from '../projections/replicas.ts';
import type { ClockHealth } from './clock-health.ts';

/** What is said at start, and for as long as it is so. */
export const STORE_ONLY =
  'no replica is configured: backups go to store/ in the data directory, and are lost with its disk';

/** What an operator should know though the server takes transactions, a sentence each. */
export function warningsOf(
  replicas: readonly ReplicaHealth[],
  clock: ClockHealth,
  isStoreOnly: boolean,
  damaged: ReadonlyMap<string, number> = new Map(),
): string[] {
  const warnings = isStoreOnly ? [STORE_ONLY] : [];
  for (const { name, failingSince, code } of replicas) {
    if (failingSince !== null) {
      warnings.push(`replica ${name} fails since ${new Date(failingSince).toISOString()}: ${code}`);
    }
  }
  for (const [name, files] of damaged) {
    warnings.push(
      `${files} stored ${files === 1 ? 'file is' : 'files are'} missing or damaged on replica ${name}`,
    );
  }
  if (clock.state === 'suspect') {
    warnings.push('the clock is suspect: nothing expires until it is right again, or an operator clears it');
  } else if (clock.state === 'doubted') {
    const hours = Math.ceil(clock.doubtedMs / 3_600_000);
    warnings.push(`the clock is in doubt: what expires does so up to ${hours} h later`);
  }
  return warnings;
}
