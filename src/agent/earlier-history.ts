import { setTimeout as sleep } from 'node:timers/promises';
import type { Txid } from '../ltx/index.ts';
import { loadDatabase } from '../projections/databases.ts';
import { StorageError } from '../storage/index.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { ReplicatedDatabase } from './replicated-database.ts';
import { listFiles } from './restore/listing.ts';

/** How long a replica may take to say what it holds, ms: nothing is stored anywhere before. */
const ANSWER_MS_MAX = 20_000;

/** What replicas hold of a database of which the log knows nothing yet. */
export interface EarlierHistory {
  /** A new history begins behind it. */
  readonly end: Txid;
  /** URLs of the replicas that hold one. */
  readonly holders: readonly string[];
  /** URLs of those that do not answer. */
  readonly silent: readonly string[];
}

/**
 * Where a history that replicas hold ends; null when the log knows the database. A log that was lost (another
 * machine, a container without a disk) would count from 1 again, into the TXIDs of the old one. Behind a
 * replica that does not answer the count goes on at the time in ms: no history has counted so far.
 */
export async function earlierHistory(
  { sql, name, plan }: ReplicatedDatabase,
  nowMs: number,
): Promise<EarlierHistory | null> {
  if ((loadDatabase(sql, AGENT_CLUSTER, name)?.pos ?? null) !== null) return null;
  const holders: string[] = [];
  const silent: string[] = [];
  let end = 0n;
  const asked = await Promise.all(plan.replicas.map(({ open }) => inTime(lastTxid(open))));
  for (const [i, { url }] of plan.replicas.entries()) {
    const last = asked[i] ?? null;
    if (last === null) silent.push(url);
    else if (last > 0n) holders.push(url);
    if (last !== null && last > end) end = last;
  }
  const least = silent.length === 0 ? 0n : BigInt(nowMs);
  return { end: end > least ? end : least, holders, silent };
}

/** Null when it takes too long; what is under way ends by itself. */
async function inTime(answer: Promise<Txid | null>): Promise<Txid | null> {
  const answered = new AbortController();
  try {
    return await Promise.race([answer, sleep(ANSWER_MS_MAX, null, { signal: answered.signal })]);
  } finally {
    answered.abort();
  }
}

/** 0 for an empty folder; null when the replica does not answer. */
async function lastTxid(open: ReplicatedDatabase['plan']['replicas'][number]['open']): Promise<Txid | null> {
  try {
    const replica = await open();
    try {
      const files = await listFiles(replica);
      return files.reduce((last, { maxTxid }) => (maxTxid > last ? maxTxid : last), 0n);
    } finally {
      await replica.close();
    }
  } catch (error) {
    if (error instanceof StorageError) return null;
    throw error;
  }
}
