import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.ts';

/** `lfsb config check [FILE]`: what a configuration would do, or what is wrong with it. */
export default class ConfigCheck extends BaseCommand {
  static override summary = 'Check a configuration, and say what will be done by it.';
  static override description =
    'Reads a litestream.yml of 0.3 or 0.5, or the YAML of the server, told by what is in it. Nothing is contacted and nothing is changed. Every setting is honoured, refused, or warned about with its line and column; secrets are not shown. Without FILE: LFSB_CONFIG, LITESTREAM_CONFIG, /etc/lfsb.yml, /etc/litestream.yml, /etc/litestream/litestream.yml, whichever is first. Exits 2 for a wrong one.';
  static override examples = [
    '<%= config.bin %> config check /etc/litestream.yml',
    '<%= config.bin %> config check --json | jq .config.databases',
  ];
  static override args = { file: Args.string({ description: 'the configuration' }) };
  static override flags = {
    config: Flags.string({ char: 'c', summary: 'the same as FILE', helpValue: 'FILE' }),
    'no-expand-env': Flags.boolean({ summary: 'leave variables in the configuration as they are' }),
  };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(ConfigCheck);
    const { checkConfig } = await import('../../config/check-config.ts');
    const { told, warnings, record } = await checkConfig(args.file ?? flags.config, !flags['no-expand-env']);
    if (!this.jsonEnabled()) {
      for (const warning of warnings) this.note(`Warning: ${warning}`);
      process.stdout.write(told);
    }
    return record;
  }
}
