import * as Args from '@oclif/core/args';
import { ServerCommand } from '../server-command.ts';

/** `lfsb import DB FILE`: a SQLite file becomes the database's next transaction. */
export default class Import extends ServerCommand {
  static override summary = 'Make a SQLite file the next transaction of a database, or a new one.';
  static override description =
    'A FILE that is in use, with something in FILE-wal or FILE-journal, is copied first by SQLite, as it is at one moment. What the database held before stays restorable.';
  static override examples = ['<%= config.bin %> import app.db ./app.db'];
  static override args = {
    db: Args.string({ description: 'the database', required: true }),
    file: Args.string({ description: 'the SQLite file', required: true }),
  };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(Import);
    return this.withClient(flags, async (client) => {
      const { importFile } = await import('../import/import-file.ts');
      const { txid, isWalForced } = await importFile(client, args.db, args.file, (text) => this.note(text));
      if (isWalForced) this.note(`${args.db} is live in WAL mode: the file was put into it`);
      if (!this.jsonEnabled()) {
        const { fields } = await import('../table.ts');
        process.stdout.write(fields('db imported', { database: args.db, txid }));
      }
      return { database: args.db, txid, ...(isWalForced ? { journalMode: 'wal' } : {}) };
    });
  }
}
