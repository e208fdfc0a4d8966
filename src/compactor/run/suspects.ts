/** A stored file that was not there, or not what the log says, when it was read. */
export interface Suspect {
  readonly cluster: string;
  readonly db: string;
  readonly replica: string;
  readonly key: string;
}

/** A file is looked at again so long after it was found wanting, ms: what a place says in a bad moment passes. */
export const SECOND_LOOK_MS = 30_000;

/** What is missing is looked at again after so long, ms: somebody may have put it back. */
export const LATER_LOOK_MS = 3_600_000;

/** What is damaged is, after so long, ms: it is seldom put right, and each look reads it whole. */
export const DAMAGED_LOOK_MS = 86_400_000;

/** Files that wait for a look; others are found again when they are read again. */
export const SUSPECTS_MAX = 1_000;

/** Files that are known to be damaged of which the last look is remembered: of more, some are looked at sooner. */
export const LOOKED_MAX = 20_000;

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
    this.#looked.delete(id);
    this.#looked.set(id, now);
    const oldest = this.#looked.keys().next();
    if (this.#looked.size > LOOKED_MAX && !oldest.done) this.#looked.delete(oldest.value);
  }

  /** Whether a file that is known to be missing, or damaged, is to be looked at once more. */
  isLookDue(suspect: Suspect, known: 'missing' | 'damaged', now: number): boolean {
    const last = this.#looked.get(idOf(suspect));
    const pauseMs = known === 'missing' ? LATER_LOOK_MS : DAMAGED_LOOK_MS;
    return last === undefined || now < last || now - last >= pauseMs;
  }
}

const idOf = ({ replica, key }: Suspect): string => `${replica}:${key}`;
