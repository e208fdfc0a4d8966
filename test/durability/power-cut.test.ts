import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Cut, cuts } from '../support/power-cut/cuts.ts';
import { ALL_LUCK, type Luck } from '../support/power-cut/inode.ts';
import { inspect } from '../support/power-cut/inspect.ts';
import { Recording } from '../support/power-cut/recording.ts';
import { Random } from '../support/random.ts';
import { findTool, requireTool } from '../support/requires.ts';
import { scale } from '../support/scale.ts';
import { seed } from '../support/seed.ts';
import { TestServer } from '../support/server.ts';
import { bytesOf } from '../support/workload.ts';

const strace = findTool('strace', [process.env['LFSB_TEST_STRACE']]);
const suite = requireTool('strace', strace);

/** Share of all other moments that are cuts too. */
const OTHER_CHANCE = 0.005 * scale;

/** One cut in so many is opened by a whole server, and its databases are compared byte for byte. */
const SERVED_EVERY = 25;

const folder = mkdtempSync(join(tmpdir(), 'lfsb-power-cut-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Recorded {
  readonly recording: Recording;
  readonly base: string;
}

async function recordWith(synchronous: 'FULL' | 'NORMAL'): Promise<Recorded> {
  const base = join(folder, synchronous);
  const traceFolder = join(folder, `${synchronous}-traces`);
  for (const each of [base, traceFolder]) mkdirSync(each);
  return { base, recording: await Recording.make({ strace: strace!, base, traceFolder, seed, synchronous }) };
}

const cutsOf = ({ recording, base }: Recorded, alsoAt: () => boolean = () => false): AsyncGenerator<Cut> =>
  cuts({ recording, base, folder: join(folder, 'cut'), alsoAt });

const cutPath = join(folder, 'cut', 'data');

/** Databases that have lost a transaction that was acknowledged. */
async function lost({ acknowledged }: Cut, { cluster, made }: Recording): Promise<string[]> {
  const survived = await inspect(cutPath, cluster, made);
  return [...acknowledged].filter(([db, txid]) => (survived.get(db) ?? 0) < txid).map(([db]) => db);
}

/** Any part of what was not forced, by the sector or the page. */
function randomLuck(random: Random): Luck {
  const share = random.next();
  return {
    keeps: () => random.chance(share),
    sectorBytes: random.chance(0.5) ? 512 : 4096,
    names: (count) => random.int(0, count),
  };
}

/** Files by name, without the index that SQLite maps into memory and rebuilds. */
function filesOf(path: string): Map<string, string> {
  const names = readdirSync(path, { recursive: true, withFileTypes: true });
  const files = names.filter((entry) => entry.isFile() && !entry.name.endsWith('-shm'));
  return new Map(
    files
      .map((entry) => join(entry.parentPath, entry.name))
      .sort()
      .map((file) => [file.slice(path.length), readFileSync(file).toString('base64')]),
  );
}

/** A whole server on what a cut has left: every database as it was, and the next transaction goes in. */
async function expectServed({ cluster, made }: Recording): Promise<void> {
  const survived = await inspect(cutPath, cluster, made);
  await using server = await TestServer.start({ dataPath: cutPath });
  const client = server.client(cluster);
  for (const [db, transactions] of made) {
    const last = transactions[(survived.get(db) ?? 0) - 1];
    const answer = await client.snapshot(db, 'sqlite');
    const expected = last === undefined ? new Uint8Array(0) : bytesOf(last.content);
    expect(answer.status, db).toBe(expected.length === 0 ? 404 : 200);
    if (answer.status === 200) expect(Buffer.compare(answer.body, expected), db).toBe(0);
    const next = transactions[survived.get(db) ?? 0];
    if (next !== undefined) expect((await client.post(db, next.ltx)).status, db).toBe(200);
  }
}

suite(`a server whose power is cut (LFSB_TEST_SEED=${seed})`, {
  timeout: 180_000 * Math.max(1, scale),
}, () => {
  let full: Recorded;
  beforeAll(async () => {
    full = await recordWith('FULL');
  });

  it('is recorded whole: what the trace says was written is what is there', async () => {
    const ends = full.recording.runs.map(({ after }) => filesOf(after));
    for await (const cut of cutsOf(full)) {
      if (cut.kind !== 'end') continue;
      cut.materialise(ALL_LUCK);
      expect(filesOf(cutPath)).toEqual(ends.shift());
    }
    expect(ends).toEqual([]);
  });

  it('has every transaction that it acknowledged, though nothing is left but what was forced', async () => {
    let answers = 0;
    for await (const cut of cutsOf(full)) {
      cut.materialise();
      expect(await lost(cut, full.recording), `cut at ${cut.at}`).toEqual([]);
      if (cut.kind === 'answer') answers++;
      if (answers % SERVED_EVERY === 1) await expectServed(full.recording);
    }
    const acknowledgements = [...full.recording.acknowledgements.values()].filter((each) => each.length > 0);
    expect(answers).toBe(acknowledgements.length);
  });

  it('has them also where the power goes at any moment and parts of the rest are left', async () => {
    const random = new Random(seed);
    let torn = 0;
    for await (const cut of cutsOf(full, () => random.chance(OTHER_CHANCE))) {
      if (cut.kind === 'answer') continue;
      cut.materialise(randomLuck(random));
      expect(await lost(cut, full.recording), `cut at ${cut.at}`).toEqual([]);
      torn++;
    }
    expect(torn).toBeGreaterThan(20);
  });

  it('would lose them with synchronous=NORMAL: the control', async () => {
    const normal = await recordWith('NORMAL');
    let losses = 0;
    for await (const cut of cutsOf(normal)) {
      if (cut.kind !== 'answer') continue;
      cut.materialise();
      if ((await lost(cut, normal.recording)).length > 0) losses++;
      if (losses > 3) break;
    }
    expect(losses).toBeGreaterThan(3);
  });
});
