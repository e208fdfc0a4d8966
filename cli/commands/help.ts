import * as Args from '@oclif/core/args';
import { BaseCommand, STREAMED } from '../base-command.ts';
import { unknownCommand } from '../cli-error.ts';

/** `lfsb help [COMMAND]`: the same as `lfsb [COMMAND] --help`. */
export default class Help extends BaseCommand {
  static override summary = 'Show what there is, or the help of a command.';
  static override args = { command: Args.string({ description: 'the command, topic and all' }) };
  static override strict = false;

  override async run(): Promise<object | typeof STREAMED> {
    const { argv } = await this.parse(Help);
    if (this.jsonEnabled()) return { commands: this.commandsUnder(argv.join(' ')) };
    const { loadHelpClass } = await import('@oclif/core/help');
    const Renderer = await loadHelpClass(this.config);
    await new Renderer(this.config, this.config.pjson.oclif.helpOptions).showHelp(argv.map(String));
    return STREAMED;
  }

  private commandsUnder(name: string): { command: string; summary: string }[] {
    const found = this.config.commands
      .filter((command) => !command.hidden)
      .map((command) => ({ command: command.id.replaceAll(':', ' '), summary: command.summary ?? '' }))
      .filter(({ command }) => name === '' || `${command} `.startsWith(`${name} `));
    if (found.length === 0) throw unknownCommand(name);
    return found;
  }
}
