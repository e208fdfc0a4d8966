import { createInterface } from 'node:readline/promises';
import { CliError } from './cli-error.ts';

/**
 * Asks a person at a terminal to write a name before something that cannot be undone. A script is not asked.
 * @throws CliError `ENOTCONFIRMED`
 */
export async function confirmByName(question: string, name: string): Promise<void> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return;
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  const closed = new Promise<string>((resolve) => terminal.once('close', () => resolve('')));
  terminal.once('SIGINT', () => process.kill(process.pid, 'SIGINT'));
  const answer = await Promise.race([terminal.question(`${question} `), closed]);
  terminal.close();
  if (answer.trim() !== name) throw new CliError('ENOTCONFIRMED', 'not confirmed: nothing was done');
}
