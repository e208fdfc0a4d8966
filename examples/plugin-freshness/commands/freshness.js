import { Args, Command, Flags } from '@oclif/core';
import { LfsbClient } from 'lfsb/client';

/** `lfsb freshness`: a check for a monitoring system, by a command that is not lfsb's own. */
export default class Freshness extends Command {
  static summary = 'Fail when a database has waited too long for its backup or its drill.';
  static examples = ['<%= config.bin %> freshness app.db --lag 60 --drill 86400'];
  static enableJsonFlag = true;
  static args = { db: Args.string({ description: 'the database', required: true }) };
  static flags = {
    cluster: Flags.string({ char: 'c', summary: 'cluster name', env: 'LFSB_CLUSTER', required: true }),
    endpoint: Flags.string({
      char: 'e',
      summary: 'where the server is',
      env: 'LFSB_ENDPOINT',
      required: true,
    }),
    lag: Flags.integer({ summary: 'seconds that a replica may be behind', default: 300 }),
    drill: Flags.integer({ summary: 'seconds since a drill has passed' }),
  };

  async run() {
    const { args, flags } = await this.parse(Freshness);
    const client = new LfsbClient({ endpoint: flags.endpoint, cluster: flags.cluster });
    try {
      const { databases, server } = await client.status();
      const found = databases.find(({ database }) => database === args.db);
      if (found === undefined) this.error(`there is no ${args.db}`, { exit: 3 });
      const lagSeconds = Math.max(0, ...found.replicas.map(({ lagMs }) => lagMs)) / 1_000;
      const passedAt = found.lastDrill?.passedAt ?? null;
      const drillSeconds =
        passedAt === null ? null : (Date.parse(server.time) - Date.parse(passedAt)) / 1_000;
      const isLate = lagSeconds > flags.lag;
      const isUnproven = flags.drill !== undefined && (drillSeconds === null || drillSeconds > flags.drill);
      if (isLate) this.error(`${args.db} is ${lagSeconds} s behind`, { exit: 6 });
      if (isUnproven) this.error(`no drill of ${args.db} has passed in ${flags.drill} s`, { exit: 6 });
      this.log(`${args.db}: fresh`);
      return { database: args.db, lagSeconds, drillSeconds };
    } finally {
      client[Symbol.dispose]();
    }
  }
}
