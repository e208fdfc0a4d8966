import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { STREAMED } from '../base-command.ts';
import { targetFlags, targetOf } from '../server/target.ts';
import { ServerCommand } from '../server-command.ts';

/** `lfsb verify DB`: a restore drill. */
export default class Verify extends ServerCommand {
  static override summary = 'Prove that what is stored restores: a drill on the server.';
  static override description =
    'The server builds the newest point that is stored, or the one that is named, from each replica alone: every file is read and held to the SHA-256 of the log, the database to its checksum. With --all every point is, each file being read once. What came of it is on record as database.verified. Exits 6 when a point cannot be built, 5 when a replica could not be read. With --json each point is a line and the verdict the last one.';
  static override examples = [
    '<%= config.bin %> verify app.db',
    '<%= config.bin %> verify app.db --all',
    '<%= config.bin %> verify app.db --timestamp "yesterday 14:00" --json',
  ];
  static override args = { db: Args.string({ description: 'the database', required: true }) };
  static override flags = {
    ...targetFlags,
    all: Flags.boolean({ char: 'a', summary: 'every point', exclusive: ['txid', 'timestamp'] }),
  };

  override async run(): Promise<typeof STREAMED> {
    const { args, flags } = await this.parse(Verify);
    const target = flags.all ? 'all' : targetOf(flags, (text) => this.note(text));
    const { failedDrill, verdictText, PointLines } = await import('../server/drill-text.ts');
    return this.withClient<typeof STREAMED>(flags, async (client) => {
      const lines = new PointLines(args.db, flags.all);
      for await (const line of client.verify(args.db, target)) {
        if (this.jsonEnabled()) this.line(line, '');
        else lines.show(line, (text) => this.line({}, text));
        if (line.kind !== 'verdict') continue;
        if (!this.jsonEnabled()) process.stdout.write(verdictText(args.db, line));
        if (!line.ok) throw failedDrill(args.db, line);
      }
      return STREAMED;
    });
  }
}
