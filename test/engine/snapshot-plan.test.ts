import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Engine } from '../../src/engine/engine.ts';
import { createIngestLimits } from '../../src/engine/ingest/limits.ts';
import { receiveLtx } from '../../src/engine/ingest/receive.ts';
import { Staging } from '../../src/engine/ingest/staging.ts';
import type { SnapshotRequest } from '../../src/engine/snapshot/request.ts';
import { openReadOnly, type SqlConnection } from '../../src/log/index.ts';
import type { Sql, SqlRow, SqlValue } from '../../src/projections/index.ts';
import { ACTOR, InProcess } from '../support/in-process.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';

let inProcess: InProcess;
let reader: SqlConnection;

beforeEach(() => {
  inProcess = new InProcess();
  reader = openReadOnly(join(inProcess.directory, 'lfsb.db'));
});
afterEach(() => {
  reader.db.close();
  inProcess[Symbol.dispose]();
});

/** A received file, and what commits it at once. */
async function received(db: string, ltx: Uint8Array): Promise<() => void> {
  const options = { spoolDirectory: inProcess.directory, staging: new Staging(inProcess.writer) };
  const body = Readable.from([Buffer.from(ltx)]);
  const result = await receiveLtx({ body, limits: createIngestLimits(1024 ** 2), ...options });
  if (result.kind !== 'file') throw new Error('unreadable');
  const { file, pages, bytes } = result;
  const rest = { cluster: 'shop', actor: ACTOR, clock: inProcess.clock, primary: null };
  return () => void inProcess.execute({ type: 'ingest', db, file, pages, bytes, ...rest });
}

/** A connection between two of whose statements something happens in another thread. */
class Interrupted implements Sql {
  meanwhile: (() => void) | null = null;

  run(text: string, ...params: readonly SqlValue[]) {
    return reader.run(text, ...params);
  }

  get<R = SqlRow>(text: string, ...params: readonly SqlValue[]): R | undefined {
    const row = reader.get<R>(text, ...params);
    const { meanwhile } = this;
    this.meanwhile = null;
    meanwhile?.();
    return row;
  }

  all<R = SqlRow>(text: string, ...params: readonly SqlValue[]): R[] {
    return reader.all<R>(text, ...params);
  }
}

it('a snapshot is planned at one instant, whatever is committed meanwhile', async () => {
  const model = new ModelDatabase({ pageSize: 512, seed: 1 });
  for (let i = 0; i < 3; i++) await inProcess.outcome('a.db', model.mutate().ltx);
  const before = model.pos;
  // A chain that begins anew: a plan for the old position must not start there.
  const commits = [
    await received('a.db', model.drop().ltx),
    await received('a.db', model.commit({ commit: 2 }).ltx),
  ];
  const sql = new Interrupted();
  sql.meanwhile = () => {
    for (const commit of commits) commit();
  };
  let planned: SnapshotRequest | undefined;
  const streams = {
    open: async (request: SnapshotRequest) => {
      planned = request;
      return { sizeBytes: null, stream: Readable.from([]) };
    },
  };
  const { ingest, sweeper, writer } = inProcess;
  const engine = new Engine({
    sql,
    ingest,
    sweeper,
    writer,
    streams: streams as never,
    clock: () => inProcess.clock,
    dataDirectory: inProcess.directory,
  });
  await engine.snapshot({ cluster: 'shop', db: 'a.db', format: 'ltx' });
  expect(inProcess.state('a.db')?.pos).toEqual(model.pos);
  expect(planned?.pos).toEqual(before);
  expect(planned?.files.map(({ maxTxid }) => Number(maxTxid))).toEqual([1, 2, 3]);
});
