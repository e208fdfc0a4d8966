import { parseCompaction } from '../../../src/compactor/plan/config.ts';
import { type Action, type Plan, type PlanInput, plan } from '../../../src/compactor/plan/index.ts';
import { databaseHash, windowOffset } from '../../../src/compactor/plan/windows.ts';
import type { DatabaseCatalogue, Level, ReplicaState, StoredFile } from '../../../src/compactor/types.ts';
import { EMPTY_CHECKSUM } from '../../../src/ltx/index.ts';

export const CONFIG = parseCompaction();
export const CLUSTER = 'prod';
export const DB = 'orders.db';
export const SECOND = 1_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

/** A time at which windows of all levels begin, for the database of these tests. */
export const T0 = Date.UTC(2024, 0, 2) - windowOffset(databaseHash(CLUSTER, DB), DAY);

/** The checksum that tests give the state after a TXID; of another history with `branch`. */
export const stateAfter = (txid: bigint, branch = 0): bigint =>
  txid === 0n ? 0n : EMPTY_CHECKSUM | (BigInt(branch) << 40n) | txid;

/** A file of a history in which each transaction leads from one state to the next. */
export function file(
  level: Level,
  min: number,
  max: number,
  time: number,
  rest: Partial<StoredFile> = {},
): StoredFile {
  return {
    level,
    minTxid: BigInt(min),
    maxTxid: BigInt(max),
    pageSize: 4096,
    commit: 10,
    preApplyChecksum: stateAfter(BigInt(min - 1)),
    postApplyChecksum: stateAfter(BigInt(max)),
    effectiveTime: time,
    receivedAt: time,
    sizeBytes: 1_000,
    ...rest,
  };
}

/** Single transactions from TXID `from`, one at each time. */
export const transactions = (from: number, times: readonly number[]): StoredFile[] =>
  times.map((time, i) => file(0, from + i, from + i, time));

export const catalogue = (
  local: readonly StoredFile[],
  replicas: Readonly<Record<string, readonly StoredFile[]>> = { bucket: [] },
): DatabaseCatalogue => ({
  cluster: CLUSTER,
  db: DB,
  incarnation: 1,
  local,
  replicas: new Map(Object.entries(replicas)),
});

export const replica = (name: string, rest: Partial<ReplicaState> = {}): ReplicaState => ({
  name,
  required: name === 'bucket',
  backoffUntil: null,
  ...rest,
});

export function planned(of: DatabaseCatalogue, now: number, rest: Partial<PlanInput> = {}): Plan {
  return plan({
    databases: [{ catalogue: of }],
    config: CONFIG,
    replicas: [...of.replicas.keys()].map((name) => replica(name)),
    now,
    clockTrusted: true,
    pins: new Set(),
    ...rest,
  });
}

/** Actions in short: `build bucket 1/1-3`, `delete local 0/1-1`, `nothing bucket`. */
export const short = ({ actions }: Plan): string[] => actions.map(shortOf);

function shortOf(action: Action): string {
  const where = action.replica ?? 'local';
  if (action.kind === 'nothing') return `nothing ${where}`;
  const { level, minTxid, maxTxid } = action.kind === 'build' ? action.output : action.file;
  return `${action.kind} ${where} ${level}/${minTxid}-${maxTxid}`;
}

/** Of a build: its inputs, in short. */
export function inputsOf(of: Plan, build: string): string[] {
  const action = of.actions.find((each) => shortOf(each) === build);
  if (action?.kind !== 'build') throw new Error(`${build} is not planned`);
  return action.inputs.map(({ replica: from, file: { level, minTxid, maxTxid } }) => {
    return `${from ?? 'local'} ${level}/${minTxid}-${maxTxid}`;
  });
}
