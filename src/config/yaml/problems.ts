import { LfsbError } from '../../errors/index.ts';

/** Most problems that one error tells: who has more, mends these first. */
const TOLD_MAX = 20;

/** Where something stands in a file, both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

/** Something about a setting, and where. */
export interface Finding extends Place {
  /** As `dbs[0].replicas[1].retention`; empty: the file as a whole. */
  readonly setting: string;
  readonly message: string;
}

/** `FILE:LINE:COLUMN: SETTING: what about it`, as compilers say it. */
export const findingText = (file: string, { line, column, setting, message }: Finding): string =>
  `${file}:${line}:${column}: ${setting === '' ? '' : `${setting}: `}${message}`;

/** A value that is none; the message says what it has to be. */
export class BadValue extends Error {
  override readonly name = 'BadValue';
}

/** What is wrong with a file, and what in it has no effect: all of it, and not only the first. */
export class Findings {
  readonly problems: Finding[] = [];
  readonly warnings: Finding[] = [];

  /** What is said once for all replicas is read for each of them, and told once all the same. */
  refuse(finding: Finding): void {
    const same = this.problems.some(
      ({ line, column, message }) =>
        line === finding.line && column === finding.column && message === finding.message,
    );
    if (!same) this.problems.push(finding);
  }

  /** @throws LfsbError ECONFIG that names every problem with its place, if there are any */
  throwIfBad(file: string): void {
    if (this.problems.length === 0) return;
    const told = this.problems.slice(0, TOLD_MAX).map((problem) => findingText(file, problem));
    const left = this.problems.length - told.length;
    if (left > 0) told.push(`and ${left} more`);
    throw new LfsbError('ECONFIG', told.join('\n'), { fields: { problems: this.problems } });
  }
}
