/** A stored file that was not there, or not what the log says, when it was read. */
export interface Suspect {
  readonly cluster: string;
  readonly db: string;
  readonly replica: string;
  readonly key: string;
}

/** A file is looked at again so long after it was found wanting, ms: what a place says in a bad moment passes. */
export const SECOND_LOOK_MS = 30_000;

/** What is missing or damaged is looked at again after so long, ms: somebody may have put it back. */
export const LATER_LOOK_MS = 3_600_000;

/** Files that wait for a look; others are found again when they are read again. */
export const SUSPECTS_MAX = 1_000;

interface Noted extends Suspect {
  readonly at: number;
}

/** Files that are to be looked at again before anything is said of them, each at its time. */
export class Suspects {
  readonly #noted = new Map<string, Noted>();
  /** When what is known to be damaged was last looked at, ms of the wall clock. */
  readonly #looked = new Map<string, number>();

  /** @param now wall clock, ms */
  note(suspect: Suspect, now: number): void {
    const id = idOf(suspect);
    if (this.#noted.has(id) || this.#noted.size >= SUSPECTS_MAX) return;
    this.#noted.set(id, { ...suspect, at: now + SECOND_LOOK_MS });
  }

  /** Those whose time has come; one that was noted under a clock that ran ahead does not wait for that time. */
  due(now: number): Suspect[] {
    return [...this.#noted.values()].filter(({ at }) => at <= now || at > now + SECOND_LOOK_MS);
  }

  /** It was looked at. */
  settle(suspect: Suspect): void {
    this.#noted.delete(idOf(suspect));
  }

  looked(suspect: Suspect, now: number): void {
    const id = idOf(suspect);
    if (this.#looked.size >= SUSPECTS_MAX && !this.#looked.has(id)) this.#looked.clear();
    this.#looked.set(id, now);
  }

  /** Whether a file that is known to be damaged is to be looked at once more. */
  isLookDue(suspect: Suspect, now: number): boolean {
    const last = this.#looked.get(idOf(suspect));
    return last === undefined || now < last || now - last >= LATER_LOOK_MS;
  }
}

const idOf = ({ replica, key }: Suspect): string => `${replica}:${key}`;
