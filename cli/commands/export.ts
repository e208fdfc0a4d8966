import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { SnapshotFormat } from '../../src/client/index.ts';
import type { STREAMED } from '../base-command.ts';
import { CliError } from '../cli-error.ts';
import { targetFlags, targetOf } from '../server/target.ts';
import { ServerCommand } from '../server-command.ts';

/** `lfsb export DB`: a database as a file. */
export default class Export extends ServerCommand {
  static override summary = 'Download a database as it is, or as it was.';
  static override description =
    'Without -o it goes to standard output: use it only when the exit code is 0. With -o it is written beside FILE, verified and renamed, and replaces what is there.';
  static override aliases = ['e'];
  static override examples = [
    '<%= config.bin %> export app.db -o app.db',
    '<%= config.bin %> export app.db --timestamp "yesterday 14:00" -o before.db',
    '<%= config.bin %> export app.db -f ltx | gzip > app.ltx.gz',
  ];
  static override args = { db: Args.string({ description: 'the database', required: true }) };
  static override flags = {
    output: Flags.string({ char: 'o', summary: 'the file to write', helpValue: 'FILE' }),
    format: Flags.custom<SnapshotFormat>({ options: ['sqlite', 'ltx'] })({
      char: 'f',
      summary: 'what to write',
      default: 'sqlite',
    }),
    ...targetFlags,
  };

  override async run(): Promise<object | typeof STREAMED> {
    const { args, flags } = await this.parse(Export);
    const target = targetOf(flags, (text) => this.note(text));
    const { output: file, format } = flags;
    if (file === undefined && (this.jsonEnabled() || process.stdout.isTTY)) throw noOutput();
    const request = { db: args.db, format, target };
    const { exportDatabase } = await import('../server/export-database.ts');
    const note = (text: string): void => this.note(text);
    return this.withClient(flags, (client) => exportDatabase(client, request, { file, note }));
  }
}

const noOutput = (): CliError =>
  new CliError(
    'EUSAGE',
    'missing --output',
    'a database does not go to a terminal, nor beside JSON: give -o FILE',
  );
