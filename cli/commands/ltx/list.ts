import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, STREAMED } from '../../base-command.ts';
import { sourceFlags } from '../../replica/file-flags.ts';

/** `lfsb ltx list SOURCE`: what a replica holds of a database. */
export default class LtxList extends BaseCommand {
  static override summary = 'List the LTX files of a database on its replicas, by level.';
  static override description =
    'SOURCE is a database of a litestream.yml, the URL of a replica, or a folder that holds one. Level 1 has the syncs, 2 and 3 are merged from it, 9 are snapshots. With --json each file is a line.';
  static override examples = [
    '<%= config.bin %> ltx list sftp://backup@host/srv/app.db',
    '<%= config.bin %> ltx list -config /etc/litestream.yml --level 9 /var/lib/app/app.db',
  ];
  static override args = {
    source: Args.string({ description: 'a database of the configuration, or a URL', required: true }),
  };
  static override flags = {
    ...sourceFlags,
    level: Flags.string({ summary: 'of this level alone', options: ['1', '2', '3', '9'] }),
  };

  override async run(): Promise<typeof STREAMED> {
    const { args, flags } = await this.parse(LtxList);
    const { filesOf } = await import('../../replica/list-files.ts');
    const { columns } = await import('../../table.ts');
    const { humanBytes } = await import('../../human.ts');
    const rows: string[][] = [];
    for await (const file of filesOf(args.source, flags)) {
      if (flags.level !== undefined && String(file.level) !== flags.level) continue;
      const { replica, level, minTxid, maxTxid, sizeBytes, stored } = file;
      if (this.jsonEnabled()) this.line(file, '');
      else rows.push([replica, String(level), minTxid, maxTxid, humanBytes(sizeBytes), stored]);
    }
    if (rows.length > 0) {
      process.stdout.write(columns(['REPLICA', 'LEVEL', 'MIN', 'MAX', 'SIZE', 'STORED'], rows));
    } else if (!this.jsonEnabled()) this.note('no files of a database');
    return STREAMED;
  }
}
