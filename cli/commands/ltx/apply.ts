import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.ts';

/** `lfsb ltx apply -o DB FILE...`: from transactions to a database. */
export default class LtxApply extends BaseCommand {
  static override summary = 'Make the SQLite database that a chain of LTX files leads to.';
  static override description =
    'The chain begins with a snapshot, or with the first file after a deletion; files may be given in any order. DB is written beside its place, verified, then renamed: it is whole or not there.';
  static override examples = [
    '<%= config.bin %> ltx apply -o app.db *.ltx',
    'curl -s -H "Authorization: cluster NAME" "$URL/db/snapshot?db=app.db" | <%= config.bin %> ltx apply -o app.db -',
  ];
  static override args = {
    file: Args.string({
      description: 'LTX files; a single - is standard input',
      required: true,
      multiple: true,
    }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', summary: 'the database to write', helpValue: 'DB', required: true }),
    force: Flags.boolean({ summary: 'replace DB if it exists' }),
  };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(LtxApply);
    const { applyChain } = await import('../../ltx/apply-chain.ts');
    const { resultOf, textOf } = await import('../../ltx/result.ts');
    const applied = await applyChain(flags.output, args.file, { force: flags.force });
    const result = await resultOf(flags.output, args.file.length, applied);
    this.log(textOf(result));
    return result;
  }
}
