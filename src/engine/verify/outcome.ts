import { DRILL_FILES_NAMED_MAX, type EventBody } from '../../events/index.ts';
import { formatTxid } from '../../ltx/index.ts';
import { DRILL_MESSAGE_CHARS_MAX } from './limits.ts';
import type { DrilledFile, DrilledPoint } from './messages.ts';

type Body = EventBody<'database.verified'>;
type Named = Body['largest'][number];

/** What a drill has found so far, in bounded memory. */
export class DrillOutcome {
  points = 0;
  failed = 0;
  files = 0;
  bytes = 0;
  readonly #replicas = new Set<string>();
  #newest: DrilledPoint | null = null;
  #failure: Body['failure'] = null;
  /** The smallest first. */
  #largest: { readonly name: Named; readonly sizeBytes: number }[] = [];

  /** @param replica null when the data directory was read as well */
  add(replica: string | null, point: DrilledPoint): void {
    this.points += 1;
    if (this.#newest === null || point.txid >= this.#newest.txid) this.#newest = point;
    for (const file of point.read) this.#read(replica, file);
    if (replica !== null) this.#replicas.add(replica);
    if (point.failure === null) return;
    this.failed += 1;
    const { code, message, file } = point.failure;
    this.#failure ??= {
      replica,
      txid: formatTxid(point.txid),
      code,
      message: message.slice(0, DRILL_MESSAGE_CHARS_MAX),
      file: file === null ? null : nameOf(file),
    };
  }

  /** @param durationMs of the whole drill */
  bodyOf(key: Pick<Body, 'cluster' | 'db' | 'incarnation'>, durationMs: number): Body {
    if (this.#newest === null) throw new Error('a drill builds at least one point');
    return {
      cluster: key.cluster,
      db: key.db,
      incarnation: key.incarnation,
      outcome: this.failed === 0 ? 'passed' : 'failed',
      points: this.points,
      failed: this.failed,
      txid: formatTxid(this.#newest.txid),
      timestamp: this.#newest.timestamp,
      replicas: [...this.#replicas],
      files: this.files,
      bytes: String(this.bytes),
      durationMs,
      failure: this.#failure,
      largest: this.#largest.map(({ name }) => name),
    };
  }

  #read(replica: string | null, file: DrilledFile): void {
    this.files += 1;
    this.bytes += file.sizeBytes;
    if (replica === null) return;
    if (this.#largest.length === DRILL_FILES_NAMED_MAX && file.sizeBytes <= this.#largest[0]!.sizeBytes)
      return;
    this.#largest.push({ name: { replica, ...nameOf(file) }, sizeBytes: file.sizeBytes });
    this.#largest.sort((a, b) => a.sizeBytes - b.sizeBytes);
    if (this.#largest.length > DRILL_FILES_NAMED_MAX) this.#largest.shift();
  }
}

const nameOf = ({ level, minTxid, maxTxid }: DrilledFile): Omit<Named, 'replica'> => ({
  level,
  minTxid: formatTxid(minTxid),
  maxTxid: formatTxid(maxTxid),
});
