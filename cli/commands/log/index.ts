import * as Flags from '@oclif/core/flags';
import type { LogEvent } from '../../../src/client/index.ts';
import { STREAMED } from '../../base-command.ts';
import type { LogSource } from '../../log/agent-log.ts';
import { filterFlags } from '../../log/filter.ts';
import { LATEST_MAX } from '../../log/tell.ts';
import { configFlags, refuseConfig } from '../../replica/file-flags.ts';
import { isPlace } from '../../replica/is-place.ts';
import { ServerCommand } from '../../server-command.ts';

/** `lfsb log`: what happened. */
export default class Log extends ServerCommand {
  static override summary = 'Tell what happened: when, to which transactions, who asked.';
  static override description =
    'All of it, oldest first, unless -n says how many of the last. Filters combine. Times are in the zone of this machine; a TXID is short, as --txid takes it. Many events in a row that say the same of one database are one line, unless --each is given or -f follows. What the server itself does (server.started, replica.failed, ...) is told when it is asked for by --type. With --json each event is a line. A --db with a / in it is a database of lfsb replicate: its own log is told, without a server; the configuration, found as replicate finds it, says where it is.';
  static override examples = [
    '<%= config.bin %> log -n 20',
    '<%= config.bin %> log --db app.db --since "yesterday 14:00" --type transaction.restored',
    '<%= config.bin %> log -f',
    '<%= config.bin %> log --db /var/lib/app/app.db -n 20',
    '<%= config.bin %> log -config litestream.yml --db /var/lib/app/app.db',
  ];
  static override flags = {
    ...filterFlags,
    ...configFlags,
    count: Flags.integer({ char: 'n', summary: 'the last so many events', min: 0, max: LATEST_MAX }),
    each: Flags.boolean({ summary: 'a line for each event, also where many in a row say the same' }),
    follow: Flags.boolean({ char: 'f', summary: 'go on with what happens, until interrupted' }),
  };

  override async run(): Promise<typeof STREAMED> {
    const { flags } = await this.parse(Log);
    const { filterOf } = await import('../../log/filter.ts');
    const { count, follow } = flags;
    const filter = filterOf(flags, (text) => this.note(text));
    const work = async (client: { readonly log: LogSource }): Promise<typeof STREAMED> => {
      const { tell } = await import('../../log/tell.ts');
      const events = tell(client, { filter, count, follow });
      let told = 0;
      const lines = this.jsonEnabled() ? events : this.story(events, flags);
      for await (const line of lines) {
        if (typeof line === 'string') this.line({}, line);
        else this.line(line, '');
        told += 1;
      }
      if (told === 0) this.note('no such event');
      return STREAMED;
    };
    if (flags.db === undefined || !isPlace(flags.db)) {
      refuseConfig(flags);
      return this.withClient<typeof STREAMED>(flags, work);
    }
    const { withAgentLog } = await import('../../log/agent-log.ts');
    return withAgentLog(flags.db, flags, (log) => work({ log }));
  }

  private async *story(
    events: AsyncIterable<LogEvent>,
    { follow, each }: { readonly follow: boolean; readonly each: boolean },
  ): AsyncGenerator<string, void> {
    const { storyLine } = await import('../../log/story.ts');
    const { runOf, runs } = await import('../../log/runs.ts');
    // What happens now is told now.
    if (follow || each) for await (const event of events) yield storyLine(runOf(event));
    else for await (const run of runs(events)) yield storyLine(run);
  }
}
