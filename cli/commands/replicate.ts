import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, STREAMED } from '../base-command.ts';
import { Signals } from '../signals.ts';

/** `lfsb replicate`: plain SQLite files, replicated until a signal. */
export default class Replicate extends BaseCommand {
  static override summary = 'Replicate SQLite files continuously, as a litestream.yml says.';
  static override description =
    'Every change of the databases goes to their replicas, a sync interval apart, until SIGINT or SIGTERM; then it syncs once more and exits 0. The configuration is the file of -config, else of LFSB_CONFIG or LITESTREAM_CONFIG, else /etc/lfsb.yml, /etc/litestream.yml or /etc/litestream/litestream.yml; lfsb config check explains it. A database and URLs (s3://, sftp://, file:// or a path) do without one.';
  static override examples = [
    '<%= config.bin %> replicate -config /etc/litestream.yml',
    '<%= config.bin %> replicate app.db sftp://backup@host/srv/app.db',
    '<%= config.bin %> replicate -config litestream.yml -exec "node server.js"',
    '<%= config.bin %> replicate -once app.db file:///mnt/backup/app.db',
  ];
  static override args = {
    db: Args.string({ description: 'a database; then the URLs of its replicas', required: false }),
  };
  static override strict = false;
  static override flags = {
    config: Flags.string({ summary: 'configuration file', helpValue: 'FILE' }),
    exec: Flags.string({ summary: 'run CMD beside; exit as it does, after a last sync', helpValue: 'CMD' }),
    once: Flags.boolean({ summary: 'sync once and exit', exclusive: ['exec'] }),
    'no-expand-env': Flags.boolean({ summary: 'leave variables in the configuration as they are' }),
  };

  override async run(): Promise<typeof STREAMED> {
    // They may come while it starts.
    const signals = new Signals();
    const { flags, argv } = await this.parse(Replicate);
    const { loadChoice, warningsOf } = await import('../agent/agent-config.ts');
    const { runAgent } = await import('../agent/run-agent.ts');
    const loaded = await loadChoice({ paths: argv as string[], ...flags });
    const note = (text: string): void => this.note(text);
    note(`configuration: ${loaded.path}`);
    for (const warning of warningsOf(loaded)) note(`Warning: ${warning}`);
    const exec = flags.exec ?? loaded.config.exec;
    const { once } = flags;
    const { logging } = loaded.config;
    const format = this.jsonEnabled() ? 'json' : logging.format;
    const config = { ...loaded.config, logging: { ...logging, format } };
    const code = await runAgent(config, { exec: once ? null : exec, once, signals, note });
    if (code !== 0) this.exit(code);
    return STREAMED;
  }
}
