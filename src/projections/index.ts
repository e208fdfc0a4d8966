import { clock } from './clock.ts';
import { damagedFiles } from './damaged-files.ts';
import { databases } from './databases.ts';
import { deletions } from './deletions.ts';
import { drills } from './drills.ts';
import { highWater } from './high-water.ts';
import { payloads } from './payloads.ts';
import { primaries } from './primaries.ts';
import type { Projection } from './projection.ts';
import { replicas } from './replicas.ts';
import { storedFiles } from './stored-files.ts';
import { usage } from './usage.ts';

/** Every read model that follows from the log. */
export const PROJECTIONS: readonly Projection[] = [
  databases,
  deletions,
  payloads,
  usage,
  primaries,
  clock,
  storedFiles,
  replicas,
  highWater,
  drills,
  damagedFiles,
];

export type { Projection, Sql, SqlRow, SqlValue } from './projection.ts';
