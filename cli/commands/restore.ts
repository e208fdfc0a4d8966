import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { fileFlags, refuseFileFlags } from '../replica/file-flags.ts';
import { isPlace } from '../replica/is-place.ts';
import type { restoreSource } from '../replica/restore-source.ts';
import type { RestoreRequest } from '../server/restore-database.ts';
import { targetFlags, targetOf } from '../server/target.ts';
import { ServerCommand, type ServerFlags } from '../server-command.ts';
import type { Told } from '../told.ts';

/** `lfsb restore SOURCE`: a live database set back, or a point of it, or of a replica, as a file. */
export default class Restore extends ServerCommand {
  static override summary = 'Set a database back to a restore point, or get one as a file.';
  static override description =
    'A SOURCE with a / in it is restored into a file, without a server: a database of a litestream.yml (in place without -o), the URL of a replica (s3://, sftp://, file://), or a folder that holds one. The newest point is the default. The file is written beside its place, verified and renamed; of several replicas the one with the newest point gives it. A name without a / is a database of the server. The live database gets what it held then as a new transaction, so that a restore can itself be undone. --check only proves that it would work. With -o the point is written to FILE and nothing live is touched; there the newest point is the default.';
  static override aliases = ['r'];
  static override examples = [
    '<%= config.bin %> restore app.db --timestamp "2 hours ago" --check',
    '<%= config.bin %> restore app.db --txid 0x1f',
    '<%= config.bin %> restore app.db --timestamp "yesterday 14:00" -o before.db',
    '<%= config.bin %> restore -config /etc/litestream.yml -o copy.db /var/lib/app/app.db',
    '<%= config.bin %> restore -if-db-not-exists -if-replica-exists /data/app.db',
    '<%= config.bin %> restore -o app.db sftp://backup@host/srv/app.db --timestamp "2 hours ago"',
  ];
  static override args = {
    db: Args.string({ description: 'a database of the server, or a path or URL', required: true }),
  };
  static override flags = {
    ...targetFlags,
    check: Flags.boolean({ summary: 'prove that it would work, and change nothing', exclusive: ['output'] }),
    output: Flags.string({ char: 'o', summary: 'write the point to a file', helpValue: 'FILE' }),
    force: Flags.boolean({ summary: 'replace the file if it exists' }),
    ...fileFlags,
  };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(Restore);
    const note = (text: string): void => this.note(text);
    if (!isPlace(args.db)) refuseFileFlags(flags);
    const target = targetOf(flags, note);
    const { text, result } = isPlace(args.db)
      ? await this.fromReplica(args.db, { flags, target, note })
      : await this.fromServer(flags, { ...flags, database: args.db, target, file: flags.output, note });
    if (!this.jsonEnabled()) process.stdout.write(text);
    return result;
  }

  private async fromReplica(...request: Parameters<typeof restoreSource>): Promise<Told> {
    const { restoreSource } = await import('../replica/restore-source.ts');
    return restoreSource(...request);
  }

  private async fromServer(flags: ServerFlags, request: RestoreRequest): Promise<Told> {
    const { restoreDatabase } = await import('../server/restore-database.ts');
    return this.withClient(flags, restoreDatabase(request));
  }
}
