import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { CliError } from '../../cli-error.ts';
import type { LogSource } from '../../log/agent-log.ts';
import { configFlags, refuseConfig } from '../../replica/file-flags.ts';
import { ServerCommand } from '../../server-command.ts';

/** `lfsb log show SEQ`: one event, whole. */
export default class LogShow extends ServerCommand {
  static override summary = 'Show one event of the log, whole, with its digest and hash.';
  static override description =
    'What is shown is the text that was hashed. Of an event of another cluster it is the digest and the hash alone.';
  static override examples = ['<%= config.bin %> log show 17'];
  static override args = {
    seq: Args.string({ description: 'the number of the event', required: true }),
  };

  static override flags = {
    db: Flags.string({ summary: 'path of a replicated database: of its own log', helpValue: 'PATH' }),
    ...configFlags,
  };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(LogShow);
    const seq = /^[1-9][0-9]{0,14}$/.test(args.seq) ? Number(args.seq) : undefined;
    if (seq === undefined) throw new CliError('EUSAGE', `not the number of an event: ${args.seq}`);
    const work = async (log: LogSource, whose: string): Promise<object> => {
      const proof = await log.proof(seq);
      if (proof === undefined) {
        throw new CliError('ENOEVENT', `there is no event ${seq} in the log of ${whose}`);
      }
      const { canonical, ...rest } = proof;
      const event = canonical === undefined ? rest : { ...(JSON.parse(canonical) as object), ...rest };
      if (!this.jsonEnabled()) process.stdout.write(`${JSON.stringify(event, null, 2)}\n`);
      if (canonical === undefined) this.note('it belongs to another cluster: only its digest is shown');
      return event;
    };
    const { db } = flags;
    if (db === undefined) {
      refuseConfig(flags);
      return this.withClient(flags, (client) => work(client.log, client.origin));
    }
    const { withAgentLog } = await import('../../log/agent-log.ts');
    return withAgentLog(db, flags, (log) => work(log, db));
  }
}
