import type { Verdict, VerifiedPoint, VerifyLine } from '../../src/client/index.ts';
import { CliError } from '../cli-error.ts';
import { humanBytes, humanDuration } from '../human.ts';
import { Progress } from '../progress.ts';
import { countOf } from '../words.ts';

const HERE = 'the data directory';

/** A drill as a person reads it: each point that was asked for, of many only those that fail, and how far it is. */
export class PointLines {
  readonly #db: string;
  readonly #isMany: boolean;
  #progress: Progress | undefined;

  constructor(db: string, isMany: boolean) {
    this.#db = db;
    this.#isMany = isMany;
  }

  /** @param print gets what is part of the result */
  show(line: VerifyLine, print: (text: string) => void): void {
    if (line.kind === 'begun') {
      this.#end();
      this.#progress = new Progress(`${this.#db} on ${line.replica ?? HERE}`, line.points, 'points');
    } else if (line.kind === 'point') {
      if (!line.ok || !this.#isMany) {
        this.#progress?.hide();
        print(pointLine(line));
      }
      this.#progress?.add(1);
    } else this.#end();
  }

  #end(): void {
    this.#progress?.hide();
    this.#progress = undefined;
  }
}

const pointLine = ({ txid, timestamp, replica, ok, code, error }: VerifiedPoint): string =>
  `${ok ? 'ok    ' : 'FAILED'}  ${txid}  ${timestamp}  ${replica ?? HERE}${ok ? '' : `: ${error} [${code}]`}`;

/** One line on what a drill came to. */
export function verdictText(db: string, verdict: Verdict): string {
  const { ok, points, failed, replicas, files, bytes, durationMs, event } = verdict;
  const where = replicas.length === 0 ? `${HERE}: no replica has it yet` : replicas.join(' and ');
  const what = ok
    ? `${countOf(points, 'point')} built`
    : `${failed} of ${countOf(points, 'point')} cannot be built`;
  const read = files === 0 ? '' : `; ${countOf(files, 'file')} read, ${humanBytes(bytes)}`;
  return `${db}: ${what} from ${where}${read}, in ${humanDuration(durationMs)} (event ${event})\n`;
}

/** What a drill that failed ends with: a replica that did not answer says nothing of what it holds. */
export function failedDrill(db: string, { failed, points, code, error, event }: Verdict): CliError {
  const hint = `lfsb log show ${event} has it on record; other points may still be good: lfsb verify ${db} --all`;
  const what = `${failed} of ${countOf(points, 'point')} of ${db} cannot be built: ${error}`;
  return new CliError(code === 'EUNAVAILABLE' ? 'EREPLICA' : 'EVERIFY', what, hint);
}
