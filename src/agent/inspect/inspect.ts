import type { AgentConfig, DatabaseConfig } from '../../config/litestream/types.ts';
import { createSystemClock } from '../../engine/system-clock.ts';
import type { PlaceOptions } from '../restore/open-place.ts';
import { readView } from './read-view.ts';
import { readSpace } from './space.ts';
import type { DatabaseView } from './view.ts';

export interface InspectOptions extends PlaceOptions {
  /** Told why a replica did not say how much room it has. */
  readonly onSilent: (replica: string, error: unknown) => void;
}

/** Databases whose replicas are asked at once. */
const AT_ONCE = 8;

/** How all configured databases fare, by their logs; replicas are asked for their room alone. */
export async function inspect(config: AgentConfig, options: InspectOptions): Promise<DatabaseView[]> {
  const { databases } = config;
  const views: DatabaseView[] = [];
  for (let at = 0; at < databases.length; at += AT_ONCE) {
    const some = databases.slice(at, at + AT_ONCE);
    views.push(...(await Promise.all(some.map((each) => inspectOne(each, options)))));
  }
  return views;
}

async function inspectOne(config: DatabaseConfig, options: InspectOptions): Promise<DatabaseView> {
  const clock = createSystemClock();
  const spaces = await Promise.all(
    config.replicas.map((replica) =>
      readSpace(replica, options).catch((error: unknown) => {
        options.onSilent(replica.name, error);
        return null;
      }),
    ),
  );
  const view = await readView(config, clock);
  return { ...view, replicas: view.replicas.map((each, i) => ({ ...each, space: spaces[i] ?? null })) };
}
