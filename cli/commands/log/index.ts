import * as Flags from '@oclif/core/flags';
import { STREAMED } from '../../base-command.ts';
import { filterFlags } from '../../log/filter.ts';
import { LATEST_MAX } from '../../log/tell.ts';
import { ServerCommand } from '../../server-command.ts';

/** `lfsb log`: what happened. */
export default class Log extends ServerCommand {
  static override summary = 'Tell what happened: when, to which transactions, who asked.';
  static override description =
    'All of it, oldest first, unless -n says how many of the last. Filters combine. Times are in the zone of this machine. What the server itself does (server.started, replica.failed, ...) is told when it is asked for by --type. With --json each event is a line.';
  static override examples = [
    '<%= config.bin %> log -n 20',
    '<%= config.bin %> log --db app.db --since "yesterday 14:00" --type transaction.restored',
    '<%= config.bin %> log -f',
  ];
  static override flags = {
    ...filterFlags,
    count: Flags.integer({ char: 'n', summary: 'the last so many events', min: 0, max: LATEST_MAX }),
    follow: Flags.boolean({ char: 'f', summary: 'go on with what happens, until interrupted' }),
  };

  override async run(): Promise<typeof STREAMED> {
    const { flags } = await this.parse(Log);
    const { filterOf } = await import('../../log/filter.ts');
    const { count, follow } = flags;
    const filter = filterOf(flags, (text) => this.note(text));
    return this.withClient<typeof STREAMED>(flags, async (client) => {
      const { tell } = await import('../../log/tell.ts');
      const { storyLine } = await import('../../log/story.ts');
      let told = 0;
      for await (const event of tell(client, { filter, count, follow })) {
        this.line(event, this.jsonEnabled() ? '' : storyLine(event));
        told += 1;
      }
      if (told === 0) this.note('no such event');
      return STREAMED;
    });
  }
}
