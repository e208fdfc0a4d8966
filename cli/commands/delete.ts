import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ServerCommand } from '../server-command.ts';

/** `lfsb delete DB`: a database and its backups. */
export default class Delete extends ServerCommand {
  static override summary = 'Delete a database and its backups for good.';
  static override description =
    'A LiteFS that is running and still has the database will send it again. On a terminal the name is asked for first; a script is not asked.';
  static override examples = ['<%= config.bin %> delete app.db --yes'];
  static override args = { db: Args.string({ description: 'the database', required: true }) };
  static override flags = { yes: Flags.boolean({ char: 'y', summary: 'do not ask' }) };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(Delete);
    const { db } = args;
    return this.withClient(flags, async (client) => {
      if (!flags.yes) {
        const { confirmByName } = await import('../confirm.ts');
        const what = `${db} of cluster ${flags.cluster} at ${client.origin}`;
        await confirmByName(`This deletes ${what} with all its backups. Write its name to go on:`, db);
      }
      await client.delete(db);
      this.log(`database deleted: ${db}`);
      this.note('a running LiteFS that still has it will send it again');
      return { database: db, deleted: true };
    });
  }
}
