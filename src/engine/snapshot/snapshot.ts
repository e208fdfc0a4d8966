import type { Pos } from '../../ltx/index.ts';
import type { DatabaseKey } from '../restore/point-finder.ts';
import type { PointQuery } from '../restore/points.ts';
import type { ByteStream } from '../streams/byte-stream.ts';
import type { Part } from './part.ts';

/** Which database is wanted, as it was when. */
export interface SnapshotQuery extends DatabaseKey {
  readonly format: 'ltx' | 'sqlite';
  /** The restore point that is wanted; null for the newest state. */
  readonly query: PointQuery | null;
  /** Of a SQLite file that was begun before: what is missing. */
  readonly part?: Part | null;
}

/** A snapshot that is ready to be sent. */
export interface Snapshot {
  readonly pos: Pos;
  /** Names the bytes of a SQLite file; null where they may differ the next time. */
  readonly name: string | null;
  /** Bytes at the beginning that are not sent, of a part; null of a whole file. */
  readonly leftOutBytes: number | null;
  /** Of all of it, bytes. */
  readonly sizeBytes: number | null;
  readonly stream: ByteStream;
}
