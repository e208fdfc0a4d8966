import { parseTimestamp } from '../../engine/restore/timestamp.ts';
import { LfsbError } from '../../errors/index.ts';
import { type Checksum, parseTxid } from '../../ltx/index.ts';
import type { Replica } from '../../storage/index.ts';
import type { ListedFile } from './listing.ts';

/** What a file says of itself beside its name. */
export interface FileHead {
  readonly pageSize: number;
  /** Database size in pages after it; 0 when it ends in a deletion. */
  readonly commit: number;
  /** Effective time of its last transaction, ms. */
  readonly timestamp: number;
  readonly preApplyChecksum: Checksum;
  readonly postApplyChecksum: Checksum;
  /** Of all its bytes, 64 hex digits; null where the place keeps no metadata. */
  readonly sha256: string | null;
}

/** Heads of files, each asked for once: at most one small request each. */
export class Heads {
  readonly #replica: Replica;
  readonly #known = new Map<string, Promise<FileHead>>();

  constructor(replica: Replica) {
    this.#replica = replica;
  }

  /** @throws StorageError `ENOTSTORED` for a file that went since it was listed; LfsbError `ECORRUPT` */
  of(file: ListedFile): Promise<FileHead> {
    const known = this.#known.get(file.key);
    if (known !== undefined) return known;
    const asked = this.#ask(file);
    this.#known.set(file.key, asked);
    return asked;
  }

  async #ask({ key }: ListedFile): Promise<FileHead> {
    const found = await this.#replica.head(key);
    if (found === null) throw new GoneError(key);
    const { metadata } = found;
    const timestamp = parseTimestamp(metadata['Timestamp'] ?? '');
    const pre = parseTxid(metadata['Pre-Apply-Checksum'] ?? '');
    const post = parseTxid(metadata['Post-Apply-Checksum'] ?? '');
    const pageSize = Number(metadata['Page-Size'] ?? Number.NaN);
    const commit = Number(metadata['Commit'] ?? Number.NaN);
    if (
      timestamp === undefined ||
      pre === undefined ||
      post === undefined ||
      !(pageSize > 0 && commit >= 0)
    ) {
      throw new LfsbError('ECORRUPT', `${key} on the replica does not say what it holds`);
    }
    const sha256 = metadata['Sha256'] ?? null;
    return { pageSize, commit, timestamp, preApplyChecksum: pre, postApplyChecksum: post, sha256 };
  }
}

/** A file that was listed and is not there any more: its replica is live, and the listing is to be read again. */
export class GoneError extends Error {
  override readonly name = 'GoneError';

  constructor(key: string) {
    super(`${key} went while it was to be read`);
  }
}
