import { createHash } from 'node:crypto';
import { canonicalize } from '../events/canonical.ts';
import { chainHash, type Head } from '../events/chain.ts';
import { type Envelope, parseEnvelope } from '../events/envelope.ts';
import { EventError } from '../events/errors.ts';
import { bytesEqual } from './bytes.ts';
import { Breach } from './verify-breach.ts';

/** A row of the table with what its generated columns say; `bytes` is the canonical text as stored. */
export interface StoredRow {
  readonly seq: number;
  readonly bytes: Uint8Array;
  readonly digest: Uint8Array;
  readonly hash: Uint8Array;
  readonly stream: string;
  readonly version: number;
  readonly type: string;
  readonly time: number;
  readonly cluster: string | null;
  readonly db: string | null;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Checks one event by itself and as the link after `previous`. */
export function checkEvent(row: StoredRow, previous: Head): void {
  const { seq } = row;
  if (seq !== previous.seq + 1) throw new Breach(previous.seq + 1, 'gap', 'the event is missing');
  const digest = createHash('sha256').update(row.bytes).digest();
  if (!bytesEqual(digest, row.digest))
    throw new Breach(seq, 'digest', 'the text is not the one that was digested');
  if (!bytesEqual(chainHash(previous.hash, digest), row.hash)) {
    throw new Breach(seq, 'hash', 'the hash does not follow from the event before');
  }
  checkColumns(row, readText(row));
}

function readText({ seq, bytes }: StoredRow): Envelope {
  let text: string;
  let canonical: string;
  let envelope: Envelope;
  try {
    text = utf8.decode(bytes);
    envelope = parseEnvelope(text);
    canonical = canonicalize(JSON.parse(text));
  } catch (error) {
    if (error instanceof EventError || error instanceof TypeError)
      throw new Breach(seq, 'text', error.message);
    throw error;
  }
  if (canonical !== text) throw new Breach(seq, 'canonical', 'the text is not in canonical form');
  return envelope;
}

function checkColumns(row: StoredRow, envelope: Envelope): void {
  const body = Object(envelope.body) as { cluster?: unknown; db?: unknown };
  const told = { ...envelope, cluster: body.cluster ?? null, db: body.db ?? null };
  if (told.seq !== row.seq) throw new Breach(row.seq, 'gap', `the text says that it is event ${told.seq}`);
  for (const column of ['stream', 'version', 'type', 'time', 'cluster', 'db'] as const) {
    if (row[column] === told[column]) continue;
    throw new Breach(row.seq, 'column', `${column} reads ${row[column]}, the text says ${told[column]}`);
  }
}
