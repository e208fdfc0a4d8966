import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type S3Proxy, startProxy } from '../storage/s3-proxy.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3Tool, startS3Server } from '../support/s3-server.ts';
import { seed } from '../support/seed.ts';
import { CLUSTER, Life } from './steady/life.ts';
import { countBy, parseRequest, type Request, withoutTriesAgain } from './steady/requests.ts';
import { DAY, HOUR, MINUTE, type Owed, owedFor, tenDays, type Write } from './steady/schedule.ts';

const REPLICAS = ['one', 'two'];

/** A batch of deletions waits so long for more, ms (`DELETIONS_WAIT_MS`). */
const BATCH_MS = 5 * MINUTE;

/** Requests of ten days that may be tried again; each of them has a reason outside of us. */
const TRIED_AGAIN_MAX = 3;

/** How long the points of each level are promised, ms. */
const PROMISES_MS: Readonly<Record<number, number>> = { 1: HOUR, 2: 3 * DAY, 3: 30 * DAY, 9: 30 * DAY };

const fileOf = ({ replica, db, level }: Pick<Request, 'replica' | 'db' | 'level'>): string =>
  `${replica}/${db}/${level}`;

// Requests are counted where they arrive: at a proxy that passes all of them on to the bucket.
requireTool('radosgw', s3Tool)(`ten days of steady state (LFSB_TEST_SEED=${seed})`, () => {
  let s3: S3Server | undefined;
  let proxy: S3Proxy | undefined;
  let life: Life | undefined;
  let writes: readonly Write[];
  let owed: readonly Owed[];
  let requests: readonly Request[];
  let resting: readonly Request[];
  let ended: number;
  let points: Awaited<ReturnType<Life['restoreAll']>>;
  let later: Awaited<ReturnType<Life['restoreAll']>>;
  let deletedLater: readonly Request[];

  beforeAll(async () => {
    s3 = await startS3Server();
    proxy = await startProxy(s3.settings.endpoint!);
    life = await Life.begin(s3, proxy.endpoint, REPLICAS);
    writes = tenDays(life.driven.wall, seed);
    owed = owedFor(writes, CLUSTER);
    await life.live(writes, owed);
    // Until the last promise of level 2 has ended, and what it held has gone.
    const rest = owed.at(-1)!.at + PROMISES_MS[2]! + DAY;
    await life.passTo(rest);
    await life.settle();
    ended = life.driven.wall;
    requests = proxy.requests.splice(0).map(parseRequest);
    points = await life.restoreAll();
    // What could not expire while something was read does so after a while.
    await life.passTo(ended + DAY);
    await life.settle();
    proxy.requests.length = 0;
    await life.passTo(ended + 10 * DAY);
    resting = proxy.requests.splice(0).map(parseRequest);
    // Until the last promises of all have ended.
    await life.passTo(ended + PROMISES_MS[9]! + DAY);
    await life.settle();
    deletedLater = proxy.requests.splice(0).map(parseRequest);
    later = await life.restoreAll();
  }, S3_START_MS + 300_000);
  afterAll(async () => {
    await life?.[Symbol.asyncDispose]();
    await proxy?.close();
    await s3?.stop();
  });

  const ofFiles = (method: string): Request[] =>
    requests.filter((request) => request.what === 'file' && request.method === method);

  describe('a bucket', () => {
    it('gets one put for each window of each level that something was written in, on each replica', () => {
      const all = ofFiles('PUT');
      const puts = withoutTriesAgain(all);
      expect(all.length - puts.length).toBeLessThanOrEqual(TRIED_AGAIN_MAX);
      const expected = REPLICAS.flatMap((replica) => owed.map(({ db, level }) => ({ replica, db, level })));
      expect(countBy(puts, fileOf)).toEqual(countBy(expected, fileOf));
      expect(puts.length).toBeGreaterThan(400);
      expect(life?.stored).toBe(puts.length);
    });

    it('is asked for the snapshot before, when there is a new one, and for nothing else', () => {
      const snapshots = countBy(
        withoutTriesAgain(ofFiles('PUT')).filter(({ level }) => level === 9),
        fileOf,
      );
      const reads = countBy(ofFiles('GET'), fileOf);
      expect(Object.keys(snapshots)).toEqual(expect.arrayContaining(Object.keys(reads)));
      for (const [file, count] of Object.entries(snapshots)) {
        // The first may have the very bytes of a file that is at hand.
        expect(reads[file] ?? 0, file).toBeGreaterThanOrEqual(count - 2);
        expect(reads[file] ?? 0, file).toBeLessThanOrEqual(count - 1);
      }
    });

    it('is asked for no listing and no head', () => {
      const known = (request: Request): boolean =>
        (request.what === 'file' && ['PUT', 'GET'].includes(request.method)) ||
        ['log', 'checkpoint', 'probe', 'deletion', 'sweep'].includes(request.what);
      expect(requests.filter((request) => !known(request))).toEqual([]);
      // What a start takes: the store is tried, and uploads that a crash left are looked for, again a day later.
      expect(requests.filter(({ what }) => what === 'sweep').length).toBeLessThanOrEqual(2 * REPLICAS.length);
      expect(requests.filter(({ what }) => what === 'probe').length).toBeLessThanOrEqual(
        10 * REPLICAS.length,
      );
    });

    it('gets deletions in batches', () => {
      const ends = owed.map(({ at, level }) => at + PROMISES_MS[level]!).filter((at) => at < ended);
      const batches = new Set(ends.map((at) => Math.floor(at / BATCH_MS))).size;
      const deletions = requests.filter(({ what }) => what === 'deletion');
      expect(deletions.length).toBeGreaterThan(0);
      expect(deletions.length).toBeLessThanOrEqual(2 * batches * REPLICAS.length);
      expect(deletions.length).toBeLessThan(ends.length);
    });

    it('gets at most one segment of the log a minute in which something happened', () => {
      const segments = requests.filter(({ what, method }) => what === 'log' && method === 'PUT');
      const minutes = new Set([...writes, ...owed].map(({ at }) => Math.floor(at / MINUTE))).size;
      const deletions = requests.filter(({ what }) => what === 'deletion').length;
      expect(segments.length).toBeLessThanOrEqual(REPLICAS.length * (2 * minutes + deletions));
      const checkpoints = requests.filter(({ what }) => what === 'checkpoint');
      const days = Math.ceil((ended - writes[0]!.at) / DAY);
      expect(checkpoints.length).toBeLessThanOrEqual(REPLICAS.length * days);
    });

    it('gives back every point that is listed, days and months later', () => {
      expect(points.wrong).toEqual([]);
      // Of levels 3 and 9 all are there still.
      const hours = new Set(owed.filter(({ level }) => level === 3).map(({ db, at }) => `${db}/${at}`));
      expect(points.right).toBeGreaterThanOrEqual(hours.size);
      // Then each database is at its last point, and has no other.
      expect(later).toEqual({ right: 3, wrong: [] });
      const others = deletedLater.filter(({ what }) => !['deletion', 'log', 'checkpoint'].includes(what));
      expect(others).toEqual([]);
    });

    it('gets nothing while all databases rest', () => {
      expect(resting.filter(({ what }) => what !== 'log' && what !== 'checkpoint')).toEqual([]);
      // The end of the log of what was done last.
      expect(resting.length).toBeLessThanOrEqual(2 * REPLICAS.length);
    });
  });
});
