import { flush } from '@oclif/core/flush';
import { run } from '@oclif/core/run';
import { settings } from '@oclif/core/settings';
import { rewriteGoFlags } from './go-flags.ts';
import { installInterrupts } from './interrupt.ts';
import { report, wantsJson } from './report.ts';
import { toFailure } from './to-failure.ts';

/** A command that calls `this.exit` has said what it had to say. */
const isPlainExit = (error: unknown): error is { oclif: { exit: number } } =>
  error instanceof Error && (error as NodeJS.ErrnoException).code === 'EEXIT';

/**
 * Runs the program. Every error of every command, ours or a plugin's, comes out here and nowhere else, so
 * that all have one shape and one set of exit codes.
 */
export async function main(argv: string[], entryUrl: string): Promise<void> {
  installInterrupts();
  // What runs is what was built: oclif would look for TypeScript sources wherever NODE_ENV is not production.
  settings.enableAutoTranspile = false;
  process.on('uncaughtException', (error) => process.exit(exitAfter(error, argv)));
  try {
    await run(rewriteGoFlags(argv), entryUrl);
    await flush();
  } catch (error) {
    process.exitCode = exitAfter(error, argv);
  }
}

function exitAfter(error: unknown, argv: readonly string[]): number {
  if (isPlainExit(error)) return error.oclif.exit;
  const failure = toFailure(error);
  report(failure, error, wantsJson(argv));
  return failure.exit;
}
