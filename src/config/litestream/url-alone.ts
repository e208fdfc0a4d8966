import { LfsbError } from '../../errors/index.ts';
import { BadValue, type Place } from '../yaml/problems.ts';
import { absoluteIn } from './absolute.ts';
import { deepFreeze } from './freeze.ts';
import { takeReplica } from './replica.ts';
import type { ConfigSurroundings, ReplicaConfig, ReplicaSettings } from './types.ts';

/**
 * The replica at a URL or a path, with the defaults for all that is not said of it. It takes no YAML to read, which
 * would be a tenth of the start of a command.
 * @throws LfsbError ECONFIG
 */
export function replicaAt(url: string, surroundings: ConfigSurroundings): ReplicaConfig {
  const settings = new UrlAlone(url);
  const unsaid = {
    shared: settings,
    retentionMs: undefined,
    snapshotIntervalMs: undefined,
    syncIntervalMs: undefined,
    validationIntervalMs: undefined,
  };
  const replica = takeReplica(settings, unsaid, absoluteIn(surroundings));
  // The URL is not told: it may hold a password.
  if (settings.problems.length > 0) throw new LfsbError('ECONFIG', settings.problems.join('\n'));
  if (replica === undefined) throw new Error('a URL that is no replica has a problem');
  return deepFreeze(replica);
}

/** The settings of a replica where nothing but the URL is set. */
class UrlAlone implements ReplicaSettings {
  readonly problems: string[] = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  has(key: string): boolean {
    return key === 'url';
  }

  take<T>(key: string, parse: (text: string) => T): T | undefined {
    if (key !== 'url') return undefined;
    try {
      return parse(this.#url);
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      this.refuse(key, error.message);
      return undefined;
    }
  }

  texts(): string[] {
    return [];
  }

  left(): string[] {
    return [];
  }

  place(): Place {
    return { line: 1, column: 1 };
  }

  refuse(_key: string | undefined, message: string): void {
    this.problems.push(`the URL of the replica: ${message}`);
  }

  warn(): void {}
}
