import type { EventBody } from '../../events/index.ts';
import type { Sql } from '../../projections/index.ts';
import { databaseHash, Windows } from '../plan/windows.ts';
import type { RunContext } from './context.ts';
import { Lane } from './lane.ts';
import { LogKeeper } from './seal-keeper.ts';

/** Names read at a time when the agenda is made at a start. */
const NAMES_PAGE = 1_000;

/** Deletions under way that one look finds; the others follow. */
const PURGES_MAX = 1_000;

/** How long a stop waits for what is under way, ms; then it is abandoned, and taken up after the next start. */
export const STOP_MS_MAX = 10_000;

/** A wall clock that goes back by more than this makes every noted time worthless, ms. */
const CLOCK_BACK_MS = 60_000;

/** Carries plans out: sees what has something to do, and gives it to the lane of each replica. */
export class Compactor {
  readonly #context: RunContext;
  readonly #lanes: readonly Lane[];
  readonly #keeper: LogKeeper | null;
  #seenSeq = 0;
  #lastWall = Number.NEGATIVE_INFINITY;
  #started = false;

  constructor(context: RunContext) {
    this.#context = context;
    this.#lanes = context.replicas.map((replica) => new Lane(replica, context));
    const { sealing } = context;
    this.#keeper = sealing === undefined ? null : new LogKeeper(context, sealing);
  }

  /** Records the configuration, and puts every database on the agenda. */
  async start(configuration: EventBody<'storage.configured'>): Promise<void> {
    const { writer, clock } = this.#context;
    await writer.execute({ type: 'storage.configure', configuration, clock: clock() });
    this.#context.afterStep('configured');
    await this.#keeper?.start();
    this.#seenSeq = lastSeq(this.#context.sql);
    this.#noteAll();
    this.#started = true;
  }

  /** Looks for what is due and begins it; for a timer. Speaks to no replica that has nothing to do. */
  tick(): void {
    if (!this.#started) return;
    const { wall } = this.#context.clock();
    // Times that were noted under a clock that ran ahead would never come.
    if (wall < this.#lastWall - CLOCK_BACK_MS) this.#noteAll();
    this.#lastWall = wall;
    this.#noteTouched();
    this.#notePurges();
    this.#noteSuspects(wall);
    for (const lane of this.#lanes) lane.pump();
    this.#keeper?.tick();
  }

  /** Resolves when all that is under way, and what came due by that, has ended. */
  async settled(): Promise<void> {
    await Promise.all([...this.#lanes.map((lane) => lane.settled()), this.#keeper?.settled()]);
  }

  /**
   * Stores all that there is, also of windows that are not closed yet: before an end. Nothing else may be done
   * meanwhile. Resolves to the names of the replicas that do not have it all.
   */
  async flush(): Promise<string[]> {
    const names = [...liveNames(this.#context.sql)];
    // Each for itself: one that does not answer costs the others nothing.
    const done = await Promise.all(this.#lanes.map((lane) => flushLane(lane, names)));
    return this.#lanes.filter((_, i) => done[i] === false).map(({ replica }) => replica.name);
  }

  /** Begins nothing more, and waits a while for what is under way. */
  async stop(): Promise<void> {
    for (const lane of this.#lanes) lane.stop();
    this.#keeper?.stop();
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_MS_MAX);
    });
    await Promise.race([this.settled(), late]);
    clearTimeout(timer);
  }

  #noteAll(): void {
    for (const { cluster, db } of liveNames(this.#context.sql)) {
      for (const lane of this.#lanes) lane.agenda.note(cluster, db, Number.NEGATIVE_INFINITY);
    }
  }

  /** What was received since the last look is due when its window of level 1 closes. */
  #noteTouched(): void {
    const { sql, clock } = this.#context;
    const now = clock().wall;
    const newest = lastSeq(sql);
    if (newest === this.#seenSeq) return;
    const rows = sql.all(
      'SELECT stream, min(received_at) AS at FROM payload WHERE seq > ? AND seq <= ? GROUP BY stream',
      this.#seenSeq,
      newest,
    );
    this.#seenSeq = newest;
    for (const row of rows) {
      const [, cluster, db] = String(row['stream']).split('/');
      if (cluster === undefined || db === undefined) continue;
      // A clock that was wrong then may have put it years ahead.
      const received = Math.min(now, Number(row['at']));
      for (const lane of this.#lanes) {
        const windows = new Windows(databaseHash(cluster, db), lane.level1.intervalMs);
        lane.agenda.note(cluster, db, windows.endOf(windows.of(received)));
      }
    }
  }

  #noteSuspects(wall: number): void {
    for (const { replica, cluster, db } of this.#context.suspects.due(wall)) {
      const lane = this.#lanes.find((each) => each.replica.name === replica);
      lane?.agenda.note(cluster, db, wall);
    }
  }

  #notePurges(): void {
    const { sql, clock } = this.#context;
    const rows = sql.all(
      "SELECT replica, cluster, db FROM outbox WHERE kind = 'purge' AND step IS NOT 'settle' ORDER BY id LIMIT ?",
      PURGES_MAX,
    );
    for (const row of rows) {
      const lane = this.#lanes.find(({ replica }) => replica.name === row['replica']);
      lane?.agenda.note(String(row['cluster']), String(row['db']), clock().wall);
    }
  }
}

async function flushLane(lane: Lane, names: readonly { cluster: string; db: string }[]): Promise<boolean> {
  await lane.settled();
  let all = true;
  for (const { cluster, db } of names) all = (await lane.flush(cluster, db)) && all;
  return all;
}

const lastSeq = (sql: Sql): number => Number(sql.get('SELECT max(seq) AS seq FROM payload')?.['seq'] ?? 0);

/** Every name that has a position or something under way, page after page. */
function* liveNames(sql: Sql): Generator<{ cluster: string; db: string }> {
  let after: [string, string] = ['', ''];
  for (;;) {
    const rows = sql.all(
      `SELECT cluster, db FROM database WHERE (cluster, db) > (?, ?) AND (txid IS NOT NULL OR EXISTS (
         SELECT 1 FROM outbox o WHERE o.cluster = database.cluster AND o.db = database.db))
         ORDER BY cluster, db LIMIT ?`,
      ...after,
      NAMES_PAGE,
    );
    for (const row of rows) yield { cluster: String(row['cluster']), db: String(row['db']) };
    const last = rows.at(-1);
    if (last === undefined || rows.length < NAMES_PAGE) return;
    after = [String(last['cluster']), String(last['db'])];
  }
}
