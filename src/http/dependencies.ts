import type { Engine } from '../engine/engine.ts';
import type { Logger } from '../logging.ts';
import type { Reporter } from '../reporting.ts';

/** What the routes need. */
export interface HttpDependencies {
  readonly engine: Engine;
  readonly log: Logger;
  readonly reporter: Reporter;
}
