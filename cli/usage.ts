import { EXIT } from '../src/errors/index.ts';
import { unknownCommand } from './cli-error.ts';
import type { Failure } from './failure.ts';

/** The fields of oclif's parser errors that say what is wrong; its messages are laid out for its own printer. */
interface OclifError extends Error {
  readonly oclif: { readonly exit?: number };
  readonly args?: readonly unknown[];
  readonly flags?: readonly string[];
}

const isOclifError = (error: unknown): error is OclifError =>
  error instanceof Error && typeof (error as Partial<OclifError>).oclif === 'object';

const nameOf = (arg: unknown): string =>
  typeof arg === 'object' && arg !== null && 'name' in arg ? String(arg.name) : String(arg);

function describe(error: OclifError): string {
  const args = error.args?.map(nameOf).join(' ') ?? '';
  switch (error.constructor.name) {
    case 'RequiredArgsError':
      return `missing ${args.toUpperCase()}`;
    case 'UnexpectedArgsError':
      return `unexpected argument: ${args}`;
    case 'NonExistentFlagsError':
      return `unknown flag: ${error.flags?.join(' ') ?? ''}`;
    default:
      return oneLine(error.message);
  }
}

function oneLine(message: string): string {
  return message
    .replace(/\nSee more help with --help$/, '')
    .replace(/^The following errors? occurred:\s*/, '')
    .replace(/Missing required flag (\S+)/g, 'missing --$1')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '')
    .join('; ');
}

/** What to say about a command line that oclif refused; undefined for any other error. */
export function usageFailure(error: unknown): Failure | undefined {
  if (!isOclifError(error)) return undefined;
  const unknown = /^command (.+?) not found\.?$/i.exec(error.message)?.[1];
  if (unknown !== undefined) return unknownCommand(unknown.replaceAll(':', ' '));
  const hint = 'add --help to the command to see its arguments and flags';
  return { code: 'EUSAGE', message: describe(error), hint, exit: error.oclif.exit ?? EXIT.usage };
}
