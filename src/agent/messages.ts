import type { DatabaseReport, Trouble } from './report.ts';

/** To the agent's thread. */
export type ToAgentWorker = { readonly type: 'stop'; readonly reason: string };

/** What is not stored where it should be. */
export interface Behind {
  readonly path: string;
  readonly replicas: readonly string[];
  /** Why the live file was not read; null when it was. */
  readonly trouble: Trouble | null;
}

/** From the agent's thread. */
export type FromAgentWorker =
  | { readonly type: 'reports'; readonly reports: readonly DatabaseReport[] }
  /** Everything was tried; the thread ends. */
  | { readonly type: 'stopped'; readonly behind: readonly Behind[] };
