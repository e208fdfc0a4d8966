import { inspect, stripVTControlCharacters } from 'node:util';
import type { Failure } from './failure.ts';

/** True when the command line asks for JSON: it is read before parsing, because parsing may be what failed. */
export function wantsJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json');
}

/** Tells a failure: one JSON object on stdout for a program, one or two lines on stderr for a person. */
export function report(failure: Failure, error: unknown, json: boolean): void {
  const { code, hint } = failure;
  const message = stripVTControlCharacters(failure.message);
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint: hint ?? null } })}\n`);
  } else {
    process.stderr.write(`Error: ${message} [${code}]\n${hint === undefined ? '' : `  ${hint}\n`}`);
  }
  if (process.env['LFSB_DEBUG']) process.stderr.write(`${inspect(error)}\n`);
}
