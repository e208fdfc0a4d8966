import * as Args from '@oclif/core/args';
import { BaseCommand, STREAMED } from '../../base-command.ts';
import type { VerifyRecord } from '../../ltx/verify-files.ts';

/** `lfsb ltx verify FILE...`: every rule of the format, for each file. */
export default class LtxVerify extends BaseCommand {
  static override summary = 'Check LTX files against every rule of the format.';
  static override description =
    'Prints one line a file and goes on after a bad one. Exits 6 when any file is bad, 3 when one is missing.';
  static override examples = [
    '<%= config.bin %> ltx verify *.ltx',
    'zcat a.ltx.gz | <%= config.bin %> ltx verify -',
  ];
  static override args = {
    file: Args.string({ description: 'LTX files; - is standard input', required: true, multiple: true }),
  };

  override async run(): Promise<typeof STREAMED> {
    const { args } = await this.parse(LtxVerify);
    const { exitAfter, verifyFiles } = await import('../../ltx/verify-files.ts');
    const exits: number[] = [];
    for await (const { record, exit } of verifyFiles(args.file)) {
      this.line(record, textOf(record));
      exits.push(exit);
    }
    process.exitCode = exitAfter(exits);
    return STREAMED;
  }
}

function textOf(record: VerifyRecord): string {
  if (!record.ok) return `${record.file}: ${record.code}: ${record.message}`;
  const { file, minTxid, maxTxid, pageSize, commit } = record;
  return `${file}: ok, txid ${minTxid}-${maxTxid}, ${pageSize} B pages, commit ${commit}`;
}
