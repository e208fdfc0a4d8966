import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openDataDirectory } from '../../../src/engine/data-directory.ts';
import { sweepSpool } from '../../../src/engine/spool.ts';
import { type Log, openLog, verifyLog } from '../../../src/log/index.ts';
import { CHECKSUM_FLAG, formatPos } from '../../../src/ltx/index.ts';
import { ContentIndex } from '../../../src/projections/content-index.ts';
import { listDatabases } from '../../../src/projections/databases.ts';
import { PROJECTIONS } from '../../../src/projections/index.ts';
import { isSpoolNameKnown, payloadBytes } from '../../../src/projections/payloads.ts';
import type { Made } from '../workload.ts';

interface PayloadRow {
  readonly seq: number;
  readonly stream: string;
  readonly db: string;
  readonly spool_name: string | null;
}

const PAYLOADS = 'SELECT seq, p.stream, db, spool_name FROM payload p JOIN event USING (seq) ORDER BY seq';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/**
 * Opens a data directory as the server does at its start, and checks all that is in it: the log's chain, every
 * payload byte for byte against what was sent, positions and content index.
 *
 * @returns the last TXID of each database
 * @throws Error that says what is wrong
 */
export async function inspect(
  dataPath: string,
  cluster: string,
  made: ReadonlyMap<string, readonly Made[]>,
): Promise<Map<string, number>> {
  if (!existsSync(dataPath)) return new Map();
  const directory = await openDataDirectory(dataPath);
  const log = openLog({ path: directory.database, projections: PROJECTIONS });
  try {
    await sweepSpool(directory.spool, (name) => isSpoolNameKnown(log.sql, name));
    const verdict = await verifyLog(log.sql);
    if (!verdict.ok) throw new Error(`event ${verdict.seq} is not right: ${verdict.what}`);
    const counts = comparePayloads(log, directory.spool, made);
    comparePositions(log, cluster, counts, made);
    return counts;
  } finally {
    log.close();
    directory.release();
  }
}

/** Each database has the transactions that were sent, from the first one on, without a gap. */
function comparePayloads(
  log: Log,
  spool: string,
  made: ReadonlyMap<string, readonly Made[]>,
): Map<string, number> {
  const counts = new Map<string, number>();
  for (const row of log.sql.all<PayloadRow>(PAYLOADS)) {
    const count = counts.get(row.db) ?? 0;
    const sent = made.get(row.db)?.[count]?.ltx;
    const stored =
      row.spool_name === null ? payloadBytes(log.sql, row.seq) : readFileSync(join(spool, row.spool_name));
    if (stored === null || sent === undefined || sha256(stored) !== sha256(sent)) {
      throw new Error(`${row.db}: the payload of TXID ${count + 1} is not what was sent`);
    }
    counts.set(row.db, count + 1);
  }
  return counts;
}

/** Position and content index are those after the last transaction. */
function comparePositions(
  log: Log,
  cluster: string,
  counts: ReadonlyMap<string, number>,
  made: ReadonlyMap<string, readonly Made[]>,
): void {
  const index = new ContentIndex(log.sql);
  for (const { db, pos, incarnation, commit } of listDatabases(log.sql, cluster)) {
    const last = made.get(db)?.[(counts.get(db) ?? 0) - 1]?.content;
    if (pos === null || last === undefined || formatPos(pos) !== formatPos(last.pos)) {
      throw new Error(`${db} is at ${pos === null ? 'no position' : formatPos(pos)}`);
    }
    const generation = index.liveGeneration(`db/${cluster}/${db}/${incarnation}`);
    const xor = generation === null ? 0n : index.xor(generation);
    if (commit > 0 && (xor | CHECKSUM_FLAG) !== pos.checksum)
      throw new Error(`${db}: the index is not right`);
  }
}
