import { Command } from '@oclif/core/command';

/** What a command returns that has written its JSON itself, a line at a time. */
export const STREAMED = Symbol('streamed');

/**
 * The base of every command. `run` has to return what `--json` prints: a command that returned undefined
 * would print nothing there.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  abstract override run(): Promise<object | typeof STREAMED>;

  /** Errors are told in one place, `main`; oclif would print its own shape and exit 1 under `--json`. */
  protected override async catch(error: Error): Promise<never> {
    throw error;
  }

  override logJson(value: unknown): void {
    if (value !== STREAMED) process.stdout.write(`${JSON.stringify(value, null, 2)}\n`);
  }

  /** One record of a command that streams: a line of JSON for a program, `text` for a person. */
  protected line(record: object, text: string): void {
    process.stdout.write(`${this.jsonEnabled() ? JSON.stringify(record) : text}\n`);
  }

  /** Says something to the person at the terminal; never part of the data. */
  protected note(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}
