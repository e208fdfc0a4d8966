import { readFileSync } from 'node:fs';
import { sharedPath } from '../support/shared.ts';

/** One exchange of a recording (`traffic/README.md`). */
export interface Exchange {
  readonly type: 'exchange';
  readonly seq: number;
  /** When its head was sent, ms after the recording began. */
  readonly t: number;
  readonly method: string;
  readonly url: string;
  readonly headers: readonly [string, string][];
  readonly body: string;
  readonly status: number | null;
  readonly resHeaders: readonly [string, string][];
  readonly resBody: string;
  readonly injected?: true;
}

/** What the scenario did, or what LiteFS held at that moment. */
export interface Note {
  readonly type: 'note';
  readonly text: string;
  readonly state?: string;
  readonly pos?: string;
  readonly fileSha256?: string;
  readonly dropped?: true;
}

export interface Recording {
  readonly cluster: string;
  readonly entries: readonly (Exchange | Note)[];
}

export const RECORDINGS = [
  'a1-rollback',
  'a2-wal',
  'b-three-databases',
  'b2-wal-to-delete',
  'c1-restart-kept',
  'c2-restart-lost',
  'd-server-ahead',
  'e1-position-mismatch',
  'e2-server-down',
  'e3-server-data-lost',
  'e4-errors-injected',
] as const;

export type RecordingName = (typeof RECORDINGS)[number];

/** Reads a recording, its exchanges in the order of their heads and its notes where they stand. */
export function loadRecording(name: RecordingName): Recording {
  const lines = readFileSync(sharedPath('traffic', `${name}.jsonl`), 'utf8')
    .trimEnd()
    .split('\n');
  const [meta, ...entries] = lines.map((line) => JSON.parse(line) as Exchange | Note | { cluster: string });
  if (meta === undefined || !('cluster' in meta)) throw new Error(`${name}: no meta line`);
  return { cluster: meta.cluster, entries: entries as (Exchange | Note)[] };
}
