import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { DirectoryReplica } from '../../src/storage/directory.ts';
import { replicaContract } from './contract.ts';

let root = '';

beforeAll(async () => {
  root = join(await mkdtemp(join(tmpdir(), 'lfsb-directory-')), 'made/on/demand');
});
afterAll(() => rm(root, { recursive: true, force: true }));

replicaContract('the directory replica', {
  // A few names at a time, so that folders are read in several passes.
  open: () => DirectoryReplica.open(root, { namesMax: 100 }),
  leftovers: () => readdir(join(root, '+parts')),
  largeBytes: 3_000_000,
});
