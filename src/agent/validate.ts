import { loadCatalogue } from '../compactor/run/catalogue.ts';
import { objectKey } from '../compactor/run/object-key.ts';
import { DrillTask } from '../engine/verify/drill-task.ts';
import { DrillOutcome } from '../engine/verify/outcome.ts';
import { type EventBody, SYSTEM_ACTOR } from '../events/index.ts';
import { loadDatabase } from '../projections/databases.ts';
import { AGENT_CLUSTER } from './names.ts';
import type { AgentRuntime, ReplicatedDatabase } from './replicated-database.ts';

/** What a validation found; null where there is nothing to build yet, or the replica does not answer. */
export type Validation = EventBody<'database.verified'> | null;

export interface ValidateOptions extends Pick<AgentRuntime, 'clock'> {
  /** Throws when nobody wants it any more. */
  readonly checkWanted?: () => void;
}

/**
 * Builds the newest point that a replica has, from its files alone, and holds it, page checksum by page checksum, to
 * what the log says. What came of it is an event. Where it failed, the next sync sends the whole database anew.
 */
export async function validate(
  { name, sql, writer, storage, directory }: ReplicatedDatabase,
  replica: string,
  { clock, checkWanted = () => {} }: ValidateOptions,
): Promise<Validation> {
  const key = { cluster: AGENT_CLUSTER, db: name };
  const state = loadDatabase(sql, key.cluster, key.db);
  if (state === null) return null;
  const { incarnation } = state;
  const outcome = new DrillOutcome();
  const begun = clock().monotonic;
  const unpin = storage.pins.pin(key.cluster, key.db);
  try {
    using drill = new DrillTask(
      {
        cacheDirectory: directory.cache,
        replicas: storage.replicas,
        catalogueOf: (cluster, db) => loadCatalogue(sql, cluster, db),
      },
      checkWanted,
    );
    drill.begin({ ...key, incarnation, replica, target: 'newest' });
    const point = await drill.next();
    if (point === null || point.failure?.code === 'EUNAVAILABLE') return null;
    outcome.add(replica, point);
    const file = point.failure?.file ?? null;
    if (file !== null) storage.suspects.note({ ...key, replica, key: objectKey(key, file) }, clock().wall);
  } finally {
    unpin();
  }
  const body = outcome.bodyOf({ ...key, incarnation }, Math.round(clock().monotonic - begun));
  const meta = { actor: SYSTEM_ACTOR, clock: clock() };
  await writer.execute({ type: 'verified', body, ...meta });
  // A sync may be under way, whose transaction would end any other withholding.
  if (body.outcome === 'failed')
    await writer.execute({ type: 'withhold', ...key, untilWhole: true, ...meta });
  return body;
}
