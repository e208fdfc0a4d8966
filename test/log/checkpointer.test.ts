import { describe, expect, it, onTestFinished } from 'vitest';
import {
  CHECKPOINT_PAGES,
  type Checkpointer,
  checkpoint,
  READERS_WAIT_PAGES,
  WAL_PAGES_MAX,
  WAL_RESTART_PAGES,
  WalKeeper,
} from '../../src/log/checkpointer.ts';
import { openConnection } from '../../src/log/connection.ts';
import { type Log, openReadOnly } from '../../src/log/index.ts';
import { openToyLog } from './support/log-folder.ts';
import { handlers } from './support/toy-log.mjs';

/** Pages that one batch of the test writes, and a few more for the tables and indexes. */
const BATCH_PAGES = 200;
const SLACK_PAGES = 50;

/** Commits one batch and tells how many frames the WAL has after it. */
function commitBatch(log: Log): number {
  const padding = (BATCH_PAGES / 2) * 4096;
  const batch = [
    { type: 'create', db: 'a', padding },
    { type: 'create', db: 'b', padding },
  ];
  for (const outcome of log.groupCommit(handlers).runBatch(batch)) expect(outcome.ok).toBe(true);
  return checkpoint(log.sql, 'NOOP').log;
}

/** A checkpointer on a connection of its own that is done only after `delay` more batches. */
class LateCheckpointer implements Checkpointer {
  readonly #sql;
  readonly #delay: number;
  #batchesLeft = 0;
  underway = false;

  constructor(path: string, delay: number) {
    this.#sql = openConnection({ path, walAutocheckpointPages: 0, synchronous: 'NORMAL' });
    this.#delay = delay;
    onTestFinished(() => void this.#sql.db.close());
  }

  request(): void {
    checkpoint(this.#sql, 'PASSIVE');
    this.underway = true;
    this.#batchesLeft = this.#delay;
  }

  wait(): void {
    this.underway = false;
  }

  batchPassed(): void {
    this.#batchesLeft -= 1;
    if (this.#batchesLeft <= 0) this.underway = false;
  }
}

function load(delay: number, batches: number, onHeld: () => void = () => undefined) {
  const log = openToyLog({ walAutocheckpointPages: 0 });
  const checkpointer = new LateCheckpointer(log.db.name, delay);
  const keeper = new WalKeeper(log.sql, checkpointer, onHeld);
  const run = (): number => {
    let peak = 0;
    for (let batch = 0; batch < batches; batch += 1) {
      peak = Math.max(peak, commitBatch(log));
      checkpointer.batchPassed();
      keeper.afterBatch();
    }
    return peak;
  };
  return { log, run };
}

describe('the WAL under load without a pause', () => {
  it('starts over when the checkpointer keeps up', () => {
    const { run } = load(2, 200);
    const peak = run();
    expect(peak).toBeGreaterThan(CHECKPOINT_PAGES);
    expect(peak).toBeLessThan(WAL_RESTART_PAGES + CHECKPOINT_PAGES + 3 * (BATCH_PAGES + SLACK_PAGES));
  });

  it('stays below its limit when the checkpointer does not keep up', () => {
    const { run } = load(1_000, 400);
    expect(run()).toBeLessThan(WAL_PAGES_MAX + 2 * (BATCH_PAGES + SLACK_PAGES));
  });

  it('grows on without its keeper (the control)', () => {
    const log = openToyLog({ walAutocheckpointPages: 0 });
    let frames = 0;
    for (let batch = 0; batch < 80; batch += 1) frames = commitBatch(log);
    expect(frames).toBeGreaterThan(80 * BATCH_PAGES);
  });

  it('tells when a reader keeps it from starting over, waits for it now and then, and recovers when it is gone', () => {
    let held = 0;
    const { log, run } = load(1, 220, () => {
      held += 1;
    });
    const reader = openReadOnly(log.db.name);
    reader.db.exec('BEGIN');
    reader.get('SELECT count(*) FROM event');
    const peak = run();
    expect(peak).toBeGreaterThan(WAL_PAGES_MAX);
    expect(held).toBeGreaterThan(0);
    expect(held).toBeLessThanOrEqual(1 + Math.ceil((peak - WAL_PAGES_MAX) / READERS_WAIT_PAGES));
    reader.db.exec('COMMIT');
    reader.db.close();
    run();
    expect(commitBatch(log)).toBeLessThan(WAL_PAGES_MAX);
  });
});
