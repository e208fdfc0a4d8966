import { promiseStart } from '../plan/files.ts';
import type { CompactionConfig, DatabaseCatalogue, StoredFile } from '../plan/types.ts';
import { databaseHash, Windows } from '../plan/windows.ts';

interface NextTask {
  readonly replica: string;
  readonly config: CompactionConfig;
  readonly now: number;
}

/**
 * When a database next has something to do on a replica without a new transaction, ms: a window of something
 * not yet built closes, or a promise ends. Null: never; an idle database comes to that. Early is harmless.
 */
export function nextTime(catalogue: DatabaseCatalogue, { replica, config, now }: NextTask): number | null {
  const own = catalogue.replicas.get(replica) ?? [];
  const hash = databaseHash(catalogue.cluster, catalogue.db);
  let next = Number.POSITIVE_INFINITY;
  const note = (time: number): void => {
    if (time > now && time < next) next = time;
  };
  for (const { level, intervalMs } of config.levels) {
    const windows = new Windows(hash, intervalMs);
    const reached = own.reduce(
      (max, file) => (file.level >= level && file.maxTxid > max ? file.maxTxid : max),
      0n,
    );
    for (const file of unbuilt([...catalogue.local, ...own], level, reached)) {
      note(windows.endOf(windows.of(file.effectiveTime)));
      // One that came after the file of its window was built goes by when it was received.
      note(windows.endOf(windows.of(file.receivedAt)));
    }
  }
  for (const file of [...own, ...(catalogue.damaged?.get(replica) ?? [])]) {
    const config0 = config.levels.find(({ level }) => level === file.level);
    if (config0 !== undefined) note(promiseStart(file) + config0.retentionMs + 1);
  }
  const retentionMs = config.levels[0]?.retentionMs ?? 0;
  for (const file of catalogue.local) note(promiseStart(file) + retentionMs + 1);
  return Number.isFinite(next) ? next : null;
}

const unbuilt = (files: readonly StoredFile[], level: number, reached: bigint): StoredFile[] =>
  files.filter((file) => file.level < level && file.maxTxid > reached);
