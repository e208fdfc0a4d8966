import { afterAll, beforeAll, expect, it } from 'vitest';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { scale } from '../support/scale.ts';
import { seed } from '../support/seed.ts';
import { Use } from './use.ts';

/** Driven time at scale 1, ms: longer than a primary keeps its files at least. */
const LENGTH_MS = 11 * 60_000;

/** What a server may warn of in such a life. */
const WARNINGS = [
  'another LiteFS data directory sends for this cluster',
  'import refused',
  'no replica is configured',
  'restore refused',
  'snapshot broke off',
  'tx refused',
];

requireTool('radosgw', s3Tool)('a LiteFS primary, its operator and a bucket', () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3Server();
  }, S3_START_MS);
  afterAll(() => s3?.stop());

  it(`hold the same bytes in the end, whatever happened (LFSB_TEST_SEED=${seed})`, async () => {
    await using use = await Use.begin(s3, seed);
    await use.live(Math.max(60_000, LENGTH_MS * scale));
    expect(await use.settle()).toEqual([]);
    const { server, counts, operator } = use;
    expect(server.complaints.filter(({ msg }) => !WARNINGS.includes(msg))).toEqual([]);
    if (scale < 1) return;
    // A run in which little happened proves little.
    expect(counts.commits).toBeGreaterThan(300);
    expect(counts.kills).toBeGreaterThan(0);
    expect(Object.keys(operator.done)).toEqual(expect.arrayContaining(['import 200', 'restore 200']));
    expect(use.takeovers.length).toBeGreaterThan(0);
    expect(use.localFiles).toBeLessThan(counts.commits);
  }, 600_000);
});
