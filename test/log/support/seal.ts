import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeCheckpoint } from '../../../src/log/checkpoint/make.ts';
import type { Log } from '../../../src/log/index.ts';
import { configurePlaces, placeOf, sealedHead } from '../../../src/log/seal/places.ts';
import { recordSegment } from '../../../src/log/seal/segments.ts';

/** Says that a replica has a stretch of the log; with the hash of another event on demand. */
export function seal(log: Log, replica: string, firstSeq: number, lastSeq: number, hashOf = lastSeq): void {
  const place = placeOf(log.sql, replica) ?? 0;
  const { hash } = log.sql.get<{ hash: Uint8Array }>('SELECT hash FROM event WHERE seq = ?', hashOf)!;
  const facts = { previous: sealedHead(log.sql, place).hash, hash, timeMin: 0, timeMax: 9e15, textBytes: 1 };
  recordSegment(log.sql, place, { firstSeq, lastSeq, ...facts, keys: new Uint8Array(16).fill(255) }, 1);
}

/** Says that a replica has a checkpoint. */
export const checkpoint = (log: Log, replica: string, seq: number): unknown =>
  log.sql.run('INSERT INTO log_checkpoint VALUES (?, ?, 1, 0)', placeOf(log.sql, replica), seq);

/** Has the one required replica hold the log up to an event, as far as the log knows, so that it may be trimmed. */
export function sealToys(log: Log, through: number): void {
  configurePlaces(log.sql, [{ name: 'one', required: true }]);
  seal(log, 'one', sealedHead(log.sql, 1).seq + 1, through);
  checkpoint(log, 'one', through);
  log.sql.run('INSERT INTO log_base SELECT seq, hash, 1 FROM event WHERE seq = ?', through);
}

/** Makes a checkpoint of the log as it is, and says that the one required replica has it and all before it. */
export function checkpointToys(log: Log): number {
  const cache = mkdtempSync(join(tmpdir(), 'lfsb-cache-'));
  try {
    const { seq } = makeCheckpoint(log.db.name, cache);
    sealToys(log, seq);
    return seq;
  } finally {
    rmSync(cache, { recursive: true });
  }
}
