import { afterEach, beforeEach, expect, it } from 'vitest';
import type { RestoredFile } from '../../src/commands/decide-restore.ts';
import type { RestoreCommand, RestoreResult } from '../../src/engine/writer/messages.ts';
import { type Pos, pageChecksum } from '../../src/ltx/index.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

const DB = 'a.db';

let engine: InProcess;
let model: ModelDatabase;
/** The pages after each transaction. */
let states: Map<number, Uint8Array>[];

beforeEach(async () => {
  engine = new InProcess();
  model = new ModelDatabase({ pageSize: 512, seed: 7 });
  states = [];
  for (let i = 0; i < 6; i++) {
    expect(await engine.outcome(DB, model.mutate().ltx)).toMatch(/create|append/);
    states.push(new Map(model.pages));
  }
});
afterEach(() => engine[Symbol.dispose]());

/** A restore to the transaction of a TXID, made for a position, as the builder would hand it over. */
function command(txid: number, onto: Pos, changes: Partial<RestoreCommand> = {}): RestoreCommand {
  const target = states[txid - 1]!;
  const { pos } = model.transactions[txid - 1]!;
  const whole = changes.whole ?? false;
  const differ = [...target].filter(([page, data]) => whole || model.pages.get(page) !== data);
  const pages = differ.sort(([a], [b]) => a - b);
  const file: RestoredFile = {
    target: { incarnation: 1, pos, timestamp: 1, pageSize: 512, commit: target.size },
    onto,
    journalModeForced: false,
    journalMode: null,
    pages: pages.length,
    postApplyChecksum: pos.checksum,
    fileChecksum: pos.checksum,
    timestamp: 2,
    sizeBytes: 3,
    sha256: 'ab'.repeat(32),
    payload: { kind: 'row' },
  };
  return {
    type: 'restore',
    cluster: 'shop',
    db: DB,
    file,
    whole,
    pages: {
      kind: 'inline',
      numbers: Uint32Array.from(pages, ([page]) => page),
      sums: BigUint64Array.from(pages, ([page, data]) => pageChecksum(page, data)),
    },
    bytes: new Uint8Array([1, 2, 3]),
    actor: ACTOR,
    clock: engine.clock,
    ...changes,
  };
}

const execute = (restore: RestoreCommand): RestoreResult => engine.execute(restore);

const sumsOf = (txid: number): Map<number, bigint> =>
  new Map([...states[txid - 1]!].map(([page, data]) => [page, pageChecksum(page, data)]));

/** Nothing was changed. */
function expectUntouched(): void {
  expect(engine.state(DB)?.pos).toEqual(model.pos);
  expect(engine.indexChecksum(DB)).toBe(model.pos.checksum);
}

it('a restore moves position and index to the target, and projections rebuilt say the same', () => {
  const pos = { txid: 7n, checksum: model.transactions[1]!.pos.checksum };
  expect(execute(command(2, model.pos))).toEqual({ kind: 'accepted', pos });
  expect(engine.state(DB)).toMatchObject({ pos, base: null, commit: states[1]!.size });
  expect(engine.pageSums(DB)).toEqual(sumsOf(2));
  const incremental = engine.projections();
  engine.log.rebuild();
  expect(engine.projections()).toEqual(incremental);
});

it('a restore made for another position has to be made again', async () => {
  const before = model.transactions[4]!.pos;
  expect(execute(command(2, before))).toEqual({ kind: 'moved' });
  expectUntouched();
  engine.execute({ type: 'delete', cluster: 'shop', db: DB, actor: ACTOR, clock: engine.clock });
  expect(execute(command(2, model.pos))).toEqual({ kind: 'moved' });
  expect(execute({ ...command(2, model.pos), db: 'unknown.db' })).toEqual({ kind: 'moved' });
  // The same state again, in another incarnation.
  expect(await engine.outcome(DB, model.snapshot())).toBe('create');
  expect(execute(command(2, model.pos))).toEqual({ kind: 'moved' });
  expectUntouched();
});

it('pages that do not lead to the target are refused, and that is on record', () => {
  const restore = command(2, model.pos);
  const sums = restore.pages.kind === 'inline' ? restore.pages.sums.fill(5n, 0, 1) : undefined;
  expect(sums?.length).toBeGreaterThan(0);
  expect(execute(restore)).toMatchObject({ kind: 'refused', recorded: true, refusal: { code: 'ECORRUPT' } });
  expectUntouched();
});

it('where the index is damaged only a restore of all pages is taken, which makes it whole again', () => {
  const damaged = new InProcess(engine.directory);
  try {
    damaged.log.sql.run('UPDATE page_checksums SET sums = zeroblob(length(sums))');
    expect(damaged.execute(command(2, model.pos))).toEqual({ kind: 'unproven' });
    expect(damaged.execute(command(2, model.pos, { whole: true }))).toMatchObject({ kind: 'accepted' });
    expect(damaged.pageSums(DB)).toEqual(sumsOf(2));
  } finally {
    damaged.log.close();
  }
});
