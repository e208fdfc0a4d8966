import { expect, it } from 'vitest';
import { tablesOf } from '../../src/log/checkpoint/make.ts';
import { PROJECTIONS } from '../../src/projections/index.ts';

/** The versions that were in use when events first left a log: a checkpoint has one of these, or a later one. */
const FIRST: Readonly<Record<string, number>> = {
  databases: 3,
  deletions: 1,
  payloads: 3,
  usage: 1,
  primaries: 1,
  clock: 1,
  'stored-files': 1,
  replicas: 1,
  'high-water': 1,
  drills: 1,
  'damaged-files': 0,
};

it.each(PROJECTIONS.map((projection) => [projection.name, projection] as const))(
  '%s follows from a checkpoint of any version that may be in one',
  (name, { version, fromCheckpoint = {} }) => {
    const first = FIRST[name];
    // One that is new is listed with 0: the checkpoints there are lack it.
    if (first === undefined) throw new Error(`${name} is not listed`);
    for (let from = first; from < version; from++) {
      expect(fromCheckpoint[from], `${name} from version ${from}`).toBeDefined();
    }
  },
);

it.each(PROJECTIONS.map((projection) => [projection.name, projection] as const))(
  'a checkpoint knows the tables of %s by the statements that drop them',
  (_name, { tables, drop }) => {
    const created = tables.flatMap((text) => /^\s*CREATE TABLE (\w+)/.exec(text)?.[1] ?? []);
    expect(tablesOf(drop).sort()).toEqual(created.sort());
  },
);
