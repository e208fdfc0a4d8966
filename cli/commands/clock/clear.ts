import { ServerCommand } from '../../server-command.ts';

/** `lfsb clock clear`: the server's clock is right, somebody looked. */
export default class ClockClear extends ServerCommand {
  static override summary = "Say that the server's clock is right.";
  static override description =
    'While the clock is suspect nothing expires, and transactions take the time of the one before; while it is in doubt what expires waits. Look at the time that is printed: from a clock that is wrong restore points are deleted too early. Who said so is on record.';
  static override examples = ['<%= config.bin %> clock clear'];

  override async run(): Promise<object> {
    const { flags } = await this.parse(ClockClear);
    return this.withClient(flags, async (client) => {
      const { cleared, time } = await client.clearClock();
      this.log(cleared ? `the clock is trusted again: ${time}` : `the clock was trusted all along: ${time}`);
      return { cleared, time };
    });
  }
}
