import type { JournalMode } from '../../commands/database-state.ts';
import { type Checksum, pageChecksum, toggleChecksums } from '../../ltx/index.ts';
import { setVersions, versionsOf, WAL_VERSIONS } from '../import/image-encoder.ts';

/** Page 1 of what is restored, which says the journal mode: a live name in WAL mode has to stay in it. */
export class FirstPage {
  /** Page 1 is one of the pages that differ. */
  isKept = false;
  readonly #keepWal: boolean;
  #mode: JournalMode | null = null;
  /** Its checksum in the target and as it was adapted; null where it stays as it is. */
  #sums: readonly [Checksum, Checksum] | null = null;

  constructor(keepWal: boolean) {
    this.#keepWal = keepWal;
  }

  /** Page 1 as it is to be restored: a copy where something of it had to change. */
  adapt(page: Uint8Array): Uint8Array {
    const isWal = versionsOf(page).every((version, i) => version === WAL_VERSIONS[i]);
    this.#mode = isWal || this.#keepWal ? 'wal' : 'rollback';
    if (isWal || !this.#keepWal) return page;
    const adapted = page.slice();
    setVersions(adapted, 0, WAL_VERSIONS);
    this.#sums = [pageChecksum(1, page), pageChecksum(1, adapted)];
    return adapted;
  }

  get isForced(): boolean {
    return this.#sums !== null;
  }

  /** What page 1 of the file says; null when page 1 is not in it. */
  get journalMode(): JournalMode | null {
    return this.isKept ? this.#mode : null;
  }

  /** The database checksum with the adapted page 1, given the target's. */
  checksumOf(target: Checksum): Checksum {
    return this.#sums === null ? target : toggleChecksums(target, ...this.#sums);
  }
}
