import { ServerCommand } from '../server-command.ts';

/** `lfsb status`: how the server, its replicas and the databases fare. */
export default class Status extends ServerCommand {
  static override summary = 'Show how the server, its replicas and the databases fare.';
  static override description =
    'SAFE UP TO is the high-water mark: what survives the loss of the disk of the server. LAG is how long the first transaction that a replica lacks has waited. DUE is what the last plan of each database wants stored and deleted, and how many databases wait for their next one. LAST DRILL is what `verify` found last. Stored files that are missing or damaged, and not made anew yet, are named below. No replica is asked: this is what the log of the server says.';
  static override examples = ['<%= config.bin %> status', '<%= config.bin %> status --json'];

  override async run(): Promise<object> {
    const { flags } = await this.parse(Status);
    return this.withClient(flags, async (client) => {
      const status = await client.status();
      if (!this.jsonEnabled()) {
        const { statusText } = await import('../server/status-text.ts');
        process.stdout.write(statusText(status, client.origin));
        if (status.databases.length === 0) this.note(`no database in cluster ${status.cluster}`);
      }
      return status;
    });
  }
}
