import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Head } from '../../src/events/index.ts';
import { HttpClient } from '../support/http-client.ts';
import { Random } from '../support/random.ts';
import { runs } from '../support/scale.ts';
import { seed } from '../support/seed.ts';
import { ServerProcess } from '../support/server-process.ts';
import { type Habit, Writer } from '../support/workload.ts';
import { expectAcknowledged, expectNoOrphans, expectWholeLog } from './survivors.ts';

const KILLS = runs(50);
const ROUND_MS_MAX = 20_000;

/** Longest time under load before a kill, ms. */
const LOAD_MS_MAX = 400;

/** Share of the kills that come while the server starts, and how long after it was begun, ms. */
const STARTING_CHANCE = 0.15;
const STARTING_MS_MAX = 500;

const HABITS: Habit[] = ['small', 'small', 'small', 'small', 'large', 'large', 'wide'];

let dataPath = '';
beforeEach(async () => {
  dataPath = await mkdtemp(join(tmpdir(), 'lfsb-sigkill-'));
});
afterEach(() => rm(dataPath, { recursive: true, force: true }));

/** One start, all checks, some load, one kill. Returns the head of the log it found. */
async function round(
  random: Random,
  writers: readonly Writer[],
  heads: readonly Head[],
): Promise<Head | null> {
  const server = ServerProcess.spawn({ dataPath });
  const client = new HttpClient(() => server.url, 'sigkill', Number.POSITIVE_INFINITY);
  try {
    if (random.chance(STARTING_CHANCE)) {
      await sleep(random.int(0, STARTING_MS_MAX));
      return null;
    }
    expect(await server.ready(), `did not start: ${server.complaints}`).toBe(true);
    await expectNoOrphans(dataPath);
    const head = await expectWholeLog(dataPath, heads);
    await expectAcknowledged(client, writers);
    const sending = Promise.all(writers.map((writer) => writer.send(client)));
    await Promise.race([sleep(random.int(0, LOAD_MS_MAX)), sending]);
    await server.end('SIGKILL');
    await sending;
    return head;
  } finally {
    await server.end('SIGKILL');
    client.close();
  }
}

describe('a server that is killed under load', () => {
  it(
    `has lost nothing that it acknowledged (${KILLS} kills, LFSB_TEST_SEED=${seed})`,
    async () => {
      const random = new Random(seed);
      const writers = HABITS.map((habit, i) => new Writer(`${habit}-${i}.db`, habit, seed + i));
      const heads: Head[] = [];
      for (let kill = 0; kill < KILLS; kill++) {
        const head = await round(random, writers, heads);
        if (head !== null) heads.push(head);
      }
      // The load was one: every kind of writer got something through.
      for (const writer of writers) expect(writer.acknowledgements, writer.db).toBeGreaterThan(0);
    },
    KILLS * ROUND_MS_MAX,
  );
});
