import * as Args from '@oclif/core/args';
import { BaseCommand } from '../base-command.ts';

const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
type Shell = (typeof SHELLS)[number];

/** `lfsb completion SHELL`: a script that completes commands, flags and database names. */
export default class Completion extends BaseCommand {
  static override summary = 'Print a completion script for a shell.';
  static override description =
    'It completes commands, flags, files, and the names of databases of the server that LFSB_ENDPOINT and LFSB_CLUSTER name.';
  static override examples = [
    { description: 'In ~/.bashrc:', command: 'eval "$(<%= config.bin %> completion bash)"' },
    { description: 'In ~/.zshrc, after compinit:', command: 'eval "$(<%= config.bin %> completion zsh)"' },
    {
      description: 'For fish:',
      command: '<%= config.bin %> completion fish > ~/.config/fish/completions/<%= config.bin %>.fish',
    },
    {
      description: 'In $PROFILE of PowerShell:',
      command: '<%= config.bin %> completion powershell | Out-String | Invoke-Expression',
    },
  ];
  static override args = {
    shell: Args.custom<Shell>({ options: [...SHELLS] })({ description: 'the shell', required: true }),
  };

  override async run(): Promise<object> {
    const { args } = await this.parse(Completion);
    const { completedCommands } = await import('../completion/model.ts');
    const script = (await scriptOf(args.shell))(completedCommands(this.config.commands));
    if (!this.jsonEnabled()) process.stdout.write(script);
    return { shell: args.shell, script };
  }
}

async function scriptOf(shell: Shell) {
  switch (shell) {
    case 'bash':
      return (await import('../completion/bash.ts')).bashScript;
    case 'zsh':
      return (await import('../completion/zsh.ts')).zshScript;
    case 'fish':
      return (await import('../completion/fish.ts')).fishScript;
    case 'powershell':
      return (await import('../completion/powershell.ts')).powershellScript;
  }
}
