import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { ServerCommand } from '../server-command.ts';

/** `lfsb info DB`: the points that a database can be set back to. */
export default class Info extends ServerCommand {
  static override summary = 'Show the first and the last restore point of a database, or all.';
  static override description =
    'Times are in UTC. A point that is marked deleted is one where the database had been dropped, one marked local is on the disk of the server alone.';
  static override aliases = ['i'];
  static override examples = [
    '<%= config.bin %> info app.db',
    '<%= config.bin %> info app.db --all | grep 2026-11-22',
  ];
  static override args = { db: Args.string({ description: 'the database', required: true }) };
  static override flags = { all: Flags.boolean({ char: 'a', summary: 'show all restore points' }) };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(Info);
    return this.withClient(flags, async (client) => {
      const points = await client.info(args.db, { all: flags.all });
      if (!this.jsonEnabled()) {
        const { bold } = await import('../table.ts');
        const { pointsTable } = await import('../server/points-table.ts');
        const { page } = await import('../pager.ts');
        await page(`${bold(args.db)}\n${pointsTable(points)}`);
        if (points.length === 0) {
          const where = ' on a replica yet: without --all, those on the disk of the server';
          this.note(`no restore point${flags.all ? where : ' yet'}`);
        }
      }
      return { database: args.db, points };
    });
  }
}
