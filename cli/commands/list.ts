import { ServerCommand } from '../server-command.ts';

/** `lfsb list`: the databases of the cluster. */
export default class List extends ServerCommand {
  static override summary = 'Show the databases of the cluster and where they are.';
  static override aliases = ['l'];
  static override examples = ['<%= config.bin %> list -c NAME -e http://HOST:2200'];

  override async run(): Promise<object> {
    const { flags } = await this.parse(List);
    return this.withClient(flags, async (client) => {
      const databases = await client.positions();
      if (!this.jsonEnabled()) {
        const { table } = await import('../table.ts');
        const rows = databases.map(({ database, txid, checksum }) => [database, txid, checksum]);
        process.stdout.write(table(['DATABASE', 'TXID', 'CHECKSUM'], rows));
        if (rows.length === 0) this.note(`no database in cluster ${flags.cluster} at ${client.origin}`);
      }
      return databases;
    });
  }
}
