import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import Database from 'better-sqlite3';
import { listPoints } from '../../src/compactor/plan/index.ts';
import { planRestore } from '../../src/compactor/plan/restore-plan.ts';
import { loadCatalogue } from '../../src/compactor/run/catalogue.ts';
import { GENESIS_HASH, type Head } from '../../src/events/index.ts';
import { checkpointDirectory, checkpointPath } from '../../src/log/checkpoint/files.ts';
import { type Log, openLog } from '../../src/log/index.ts';
import { CHECKPOINT_PREFIX, SEGMENT_PREFIX } from '../../src/log/seal/keys.ts';
import { type OpenedSegment, openSegment } from '../../src/log/seal/read-segment.ts';
import { mergeToDatabase } from '../../src/ltx/index.ts';
import { PROJECTIONS } from '../../src/projections/index.ts';
import type { Replica } from '../../src/storage/index.ts';
import { keysOf } from '../storage/using.ts';
import { tempDir } from '../support/temp-dir.ts';
import { read } from './support.ts';

/** All segments of a replica, each proven, and all of them one chain from the first event on. */
export async function chainOn(replica: Replica): Promise<OpenedSegment[]> {
  const segments: OpenedSegment[] = [];
  let head: Head = { seq: 0, hash: GENESIS_HASH };
  for (const key of await keysOf(replica, SEGMENT_PREFIX)) {
    const opened = await openSegment(await read(replica, key));
    if (opened.previous.seq !== head.seq || Buffer.compare(opened.previous.hash, head.hash) !== 0) {
      throw new Error(`${key} does not go on from ${head.seq}`);
    }
    const last = opened.events.at(-1)!;
    head = { seq: last.seq, hash: last.hash };
    segments.push(opened);
  }
  return segments;
}

/** Makes a data directory anew from what is on a replica, and nothing else: what a server that lost its own would do. */
export async function rebuildLog(replica: Replica, from: 'checkpoint' | 'first event'): Promise<Log> {
  const path = join(tempDir(), 'lfsb.db');
  const empty = openLog({ path, projections: [] });
  const newest = (await keysOf(replica, CHECKPOINT_PREFIX)).at(-1);
  if (from === 'checkpoint' && newest !== undefined) unpack(empty, await read(replica, newest));
  const border = empty.sql.get<{ seq: number }>('SELECT seq FROM log_border')!.seq;
  for (const { events } of await chainOn(replica)) {
    for (const { seq, bytes, digest, hash } of events) {
      if (seq <= border) continue;
      const text = Buffer.from(bytes).toString('utf8');
      empty.sql.run(
        'INSERT INTO event (seq, canonical, digest, hash) VALUES (?, ?, ?, ?)',
        seq,
        text,
        digest,
        hash,
      );
    }
  }
  empty.close();
  return openLog({ path, projections: PROJECTIONS });
}

function unpack(log: Log, object: Buffer): void {
  const bytes = gunzipSync(object);
  const temporary = join(dirname(log.db.name), 'checkpoint.db');
  writeFileSync(temporary, bytes);
  const file = new Database(temporary, { readonly: true });
  const { seq, hash } = file.prepare('SELECT seq, hash FROM checkpoint').get() as Head;
  const streams = file.prepare('SELECT stream, version FROM stream').all() as {
    stream: string;
    version: number;
  }[];
  file.close();
  mkdirSync(checkpointDirectory(log.db.name), { recursive: true });
  writeFileSync(checkpointPath(log.db.name, seq), bytes);
  log.sql.run('UPDATE log_border SET seq = ?, hash = ?', seq, hash);
  log.sql.run('INSERT INTO log_base VALUES (?, ?, 0)', seq, hash);
  for (const { stream, version } of streams)
    log.sql.run('INSERT INTO log_stream VALUES (?, ?)', stream, version);
}

/** Every table of the projections, whole. */
export function projectionsOf(log: Log): Record<string, unknown[]> {
  const names = PROJECTIONS.flatMap(({ tables }) =>
    tables.flatMap((text) => /^\s*CREATE TABLE (\w+)/.exec(text)?.[1] ?? []),
  );
  return Object.fromEntries(names.map((name) => [name, log.sql.all(`SELECT * FROM "${name}"`)]));
}

/** The content of a database at each of its points of level 1 and above, by the objects of one replica alone. */
export async function pointsOn(
  log: Log,
  replica: Replica,
  name: string,
  cluster: string,
  db: string,
): Promise<Map<bigint, Buffer>> {
  const found = new Map<bigint, Buffer>();
  const located = loadCatalogue(log.sql, cluster, db);
  if (located === null) return found;
  const files = located.catalogue.replicas.get(name) ?? [];
  const catalogue = { ...located.catalogue, local: [], replicas: new Map([[name, files]]) };
  for (const { txid } of listPoints(catalogue, { level0: false })) {
    const plan = planRestore(catalogue, { txid }, [name]);
    if (plan.kind === 'none') throw new Error(`${db} at ${txid} is listed and has no way to it`);
    const sources = plan.files.map(({ file }) => {
      const { place } = located.sourceOf(file);
      if (place.kind !== 'replica') throw new Error('a file that is not on the replica');
      return chunksOf(replica, place.key);
    });
    const chunks: Uint8Array[] = [];
    for await (const chunk of mergeToDatabase(sources)) chunks.push(Uint8Array.from(chunk));
    found.set(txid, Buffer.concat(chunks));
  }
  return found;
}

async function* chunksOf(replica: Replica, key: string): AsyncGenerator<Uint8Array> {
  yield await read(replica, key);
}
