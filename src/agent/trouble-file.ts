import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { SourceState } from '../sources/report.ts';
import type { Trouble } from './report.ts';

const NAME = 'trouble.json';

/** Why a file is not read that is no error by itself. */
const OF_STATE: Readonly<Record<Exclude<SourceState, 'current'>, Pick<Trouble, 'code' | 'message'>>> = {
  missing: { code: 'ENODB', message: 'there is no file' },
  'foreign-wal': {
    code: 'EBADDATABASE',
    message: 'the file was replaced, and the WAL beside it is that of the former one: remove it',
  },
};

/** What the state of a file says is wrong; null for nothing. @param since ms */
export const troubleOfState = (state: SourceState | undefined, since: number): Trouble | null =>
  state === undefined || state === 'current' ? null : { ...OF_STATE[state], since };

/**
 * Why the live file is not read, for other processes: nothing is stored then that its log could tell of. Written when
 * it changes, by whoever holds the lock of the meta directory.
 */
export class TroubleFile {
  readonly #path: string;
  /** Undefined: what an earlier agent left. */
  #told: string | null | undefined;

  constructor(metaDirectory: string) {
    this.#path = join(metaDirectory, NAME);
  }

  /** @throws Error as the file system does, once for each change */
  tell(trouble: Trouble | null): void {
    const about = trouble === null ? null : `${trouble.code} ${trouble.message}`;
    if (about === this.#told) return;
    this.#told = about;
    if (trouble === null) rmSync(this.#path, { force: true });
    else this.#write(trouble);
  }

  #write(trouble: Trouble): void {
    writeFileSync(`${this.#path}.new`, JSON.stringify(trouble), { mode: 0o600 });
    renameSync(`${this.#path}.new`, this.#path);
  }
}

/** What the agent of a meta directory told last; null for nothing. */
export function readTrouble(metaDirectory: string): Trouble | null {
  try {
    return JSON.parse(readFileSync(join(metaDirectory, NAME), 'utf8')) as Trouble;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw error;
  }
}
