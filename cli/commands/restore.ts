import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import type { LfsbClient, Target } from '../../src/client/index.ts';
import { CliError } from '../cli-error.ts';
import { type FileFlagValues, fileFlags, refuseFileFlags } from '../replica/file-flags.ts';
import { isPlace } from '../replica/is-place.ts';
import { targetFlags, targetOf } from '../server/target.ts';
import { ServerCommand } from '../server-command.ts';

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
    if (isPlace(args.db)) return this.fromReplica(args.db, flags);
    refuseFileFlags(flags);
    const target = targetOf(flags, (text) => this.note(text));
    if (flags.output === undefined && target === undefined) throw noTarget();
    const { output, force, check } = flags;
    return this.withClient(flags, async (client) => {
      if (output !== undefined) return this.toFile(client, { db: args.db, target }, { file: output, force });
      return check ? this.check(client, args.db, target!) : this.live(client, args.db, target!);
    });
  }

  private async fromReplica(source: string, flags: FileFlagValues & RestoreTargets): Promise<object> {
    const note = (text: string): void => this.note(text);
    const target = targetOf(flags, note);
    const { restoreSource } = await import('../replica/restore-source.ts');
    const result = await restoreSource(source, { flags, target, note });
    if ('restored' in result) this.note(`nothing to do: ${result.reason}`);
    else {
      const { file, url, txid, timestamp } = result;
      await this.show('db restored', { file, replica: url, txid, timestamp });
    }
    return result;
  }

  private async live(client: LfsbClient, database: string, target: Target): Promise<object> {
    const { txid: pos, isWalForced } = await client.restore(database, target);
    if (isWalForced) this.note(`${database} is live in WAL mode: it was kept in it`);
    await this.show('db restored', { database, pos });
    return { database, pos };
  }

  private async check(client: LfsbClient, database: string, target: Target): Promise<object> {
    const { timestamp, txid: pos } = await client.restoreCheck(database, target);
    await this.show('db restore check', { database, timestamp, pos });
    return { database, timestamp, pos };
  }

  private async toFile(
    client: LfsbClient,
    { db, target }: { readonly db: string; readonly target: Target | undefined },
    place: { readonly file: string; readonly force: boolean },
  ): Promise<object> {
    const { saveSnapshot } = await import('../server/save-snapshot.ts');
    const note = (text: string): void => this.note(text);
    const saved = await saveSnapshot(client, { db, format: 'sqlite', target }, { ...place, note });
    await this.show('db restored', { database: db, file: place.file });
    return saved;
  }

  private async show(title: string, values: Readonly<Record<string, string>>): Promise<void> {
    if (this.jsonEnabled()) return;
    const { fields } = await import('../table.ts');
    process.stdout.write(fields(title, values));
  }
}

type RestoreTargets = Parameters<typeof targetOf>[0];

const noTarget = (): CliError => new CliError('EUSAGE', 'must specify one of --txid and --timestamp flags');
