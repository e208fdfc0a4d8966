import { BaseCommand } from '../base-command.ts';
import { configFlags } from '../replica/file-flags.ts';

/** `lfsb databases`: how each configured database and its replicas fare. */
export default class Databases extends BaseCommand {
  static override summary = 'Tell how the replicated databases of a litestream.yml fare.';
  static override description =
    'A line for each replica: its state (current, behind, failing, damaged, validation failed, never replicated), how far it is, how long what it lacks has waited, when a file was last stored, first and last restore point, the last validation, what is stored, and the room that is left. It is read from the log beside each database, whether lfsb replicate runs or not; the replicas themselves are asked for their room alone. Exits 0 whatever the states are; --json is for monitoring.';
  static override examples = [
    '<%= config.bin %> databases -config /etc/litestream.yml',
    '<%= config.bin %> databases --json | jq \'.[].replicas[] | select(.state != "current")\'',
  ];
  static override flags = configFlags;

  override async run(): Promise<object> {
    const { flags } = await this.parse(Databases);
    const { loadChoice } = await import('../agent/agent-config.ts');
    const { inspect } = await import('../../src/agent/inspect/inspect.ts');
    const { databaseJson } = await import('../agent/databases-json.ts');
    const { databasesTable, remarks } = await import('../agent/databases-text.ts');
    const loaded = await loadChoice({ paths: [], ...flags });
    this.note(`configuration: ${loaded.path}`);
    const onSilent = (replica: string, error: unknown): void =>
      this.note(`Warning: ${replica} does not say how much room it has: ${(error as Error).message}`);
    const views = await inspect(loaded.config, { env: process.env, onSilent });
    if (!this.jsonEnabled()) {
      process.stdout.write(databasesTable(views, Date.now()));
      for (const remark of remarks(views)) this.note(remark);
    }
    return views.map(databaseJson);
  }
}
