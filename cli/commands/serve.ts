import * as Flags from '@oclif/core/flags';
import { BaseCommand, STREAMED } from '../base-command.ts';

/** `lfsb serve`: the server, until a signal. */
export default class Serve extends BaseCommand {
  static override summary = 'Run the server until SIGINT or SIGTERM.';
  static override description =
    'Configured by the environment (LFSB_DATA_PATH, LFSB_BIND, LFSB_LOG_LEVEL, LFSB_LOG_FORMAT, ...) and a YAML file; a flag wins over its variable, a variable over the file. The log goes to standard output. A signal finishes what is in flight and exits 0, a second one exits at once. Exits 2 for a wrong setting, 4 when the address or the data directory cannot be used.';
  static override examples = [
    '<%= config.bin %> serve',
    '<%= config.bin %> serve --config /etc/lfsb-server.yml',
    '<%= config.bin %> serve --data /var/lib/lfsb --bind 127.0.0.1:2200',
  ];
  static override flags = {
    config: Flags.string({ summary: 'configuration file (LFSB_CONFIG)', helpValue: 'FILE' }),
    data: Flags.string({ summary: 'data directory (LFSB_DATA_PATH)', helpValue: 'DIR' }),
    bind: Flags.string({ summary: 'address to listen on (LFSB_BIND)', helpValue: 'ADDR' }),
  };

  override async run(): Promise<typeof STREAMED> {
    const { flags } = await this.parse(Serve);
    const { loadConfig, readConfigText } = await import('../../src/config/index.ts');
    const path = flags.config ?? (process.env['LFSB_CONFIG'] || undefined);
    const file = path === undefined ? null : { path, text: await readConfigText(path) };
    const overrides = {
      ...(flags.data !== undefined && { dataPath: flags.data }),
      ...(flags.bind !== undefined && { bind: flags.bind }),
    };
    const { config, warnings } = loadConfig(process.env, overrides, process.stdout.isTTY, file);
    for (const warning of warnings) this.note(`Warning: ${warning}`);
    const { createLogger } = await import('../../src/logging.ts');
    const { startServer } = await import('../../src/server.ts');
    const { serveUntilSignal } = await import('../serve-until-signal.ts');
    const format = this.jsonEnabled() ? 'json' : config.logFormat;
    const log = createLogger({ level: config.logLevel, format });
    await serveUntilSignal(() => startServer(config, { log }));
    return STREAMED;
  }
}
