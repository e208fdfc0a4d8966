import type { ReplicaConfig } from '../../config/litestream/types.ts';
import { LfsbError } from '../../errors/index.ts';
import type { Replica } from '../../storage/index.ts';
import { replicaFailure } from './failures.ts';
import { listFiles } from './listing.ts';
import { openPlace, type PlaceOptions } from './open-place.ts';
import { type ProbedPoint, probeRestore, type RestoreFromReplica } from './open-restore.ts';

/** What to restore: a TXID, or the last point not after a time (ms); null for the newest. */
export type RestoreQuery = RestoreFromReplica['query'];

/** A replica that has the point, and stays open. */
export interface Candidate {
  readonly config: ReplicaConfig;
  readonly replica: Replica;
  readonly point: ProbedPoint;
}

/** A replica that does not have the point, or does not answer. */
export interface Unfit {
  readonly name: string;
  /** Whether it was reached and holds no file of a database at all. */
  readonly isEmpty: boolean;
  readonly error: unknown;
}

/** Replicas with the point, the newest match first, those that are equal in the order of the configuration. */
export interface Ranking {
  readonly candidates: readonly Candidate[];
  readonly unfit: readonly Unfit[];
  close(): Promise<void>;
}

/** Asks all replicas of a database for a point. Never rejects for what one of them says. */
export async function rankReplicas(
  replicas: readonly ReplicaConfig[],
  query: RestoreQuery,
  options: PlaceOptions,
): Promise<Ranking> {
  const answers = await Promise.all(replicas.map((config) => ask(config, query, options)));
  const candidates = answers.filter((answer) => 'point' in answer).toSorted(newestFirst);
  return {
    candidates,
    unfit: answers.filter((answer) => 'isEmpty' in answer),
    close: async () => {
      await Promise.all(candidates.map(({ replica }) => replica.close()));
    },
  };
}

const newestFirst = (a: Candidate, b: Candidate): number =>
  b.point.timestamp - a.point.timestamp || Number(b.point.pos.txid - a.point.pos.txid);

async function ask(
  config: ReplicaConfig,
  query: RestoreQuery,
  options: PlaceOptions,
): Promise<Candidate | Unfit> {
  let replica: Replica | null = null;
  try {
    replica = await openPlace(config, options);
    if (replica === null) return emptyPlace(config);
    return { config, replica, point: await probeRestore({ replica, query }) };
  } catch (error) {
    const isEmpty = replica !== null && (await isWithoutFiles(replica, error));
    await replica?.close();
    return { name: config.name, isEmpty, error: replicaFailure(config.name, error) };
  }
}

const emptyPlace = ({ name, url }: ReplicaConfig): Unfit => ({
  name,
  isEmpty: true,
  error: new LfsbError('ENODB', `${name}: there is no folder ${url}`),
});

/** A database that was deleted is none either, but its history is there. */
async function isWithoutFiles(replica: Replica, error: unknown): Promise<boolean> {
  if (!(error instanceof LfsbError) || error.code !== 'ENODB') return false;
  try {
    return (await listFiles(replica)).length === 0;
  } catch {
    // It answered a moment ago; what is not known to be empty is not empty.
    return false;
  }
}

const NOT_THERE: readonly string[] = ['ENODB', 'ENOTXID', 'ENOTIMESTAMP'];

const isAnswer = (error: unknown): boolean => error instanceof LfsbError && NOT_THERE.includes(error.code);

/** Why no replica has the point: what could not be asked before what is not there, so that no one takes it for that. */
export function whyNone(unfit: readonly Unfit[]): unknown {
  const asked = unfit.filter(({ isEmpty }) => !isEmpty);
  const first = asked.find(({ error }) => !isAnswer(error)) ?? asked[0] ?? unfit[0];
  return first?.error ?? new LfsbError('ENODB', 'the database has no replica');
}
