import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand } from '../../base-command.ts';

/** `lfsb ltx compact -o OUT FILE...`: from many transactions to one file. */
export default class LtxCompact extends BaseCommand {
  static override summary = 'Merge a contiguous chain of LTX files into one.';
  static override description =
    'For each page the latest file wins. Files may be given in any order. OUT is written beside its place, verified, then renamed: it is whole or not there.';
  static override examples = ['<%= config.bin %> ltx compact -o day.ltx hour-*.ltx'];
  static override args = {
    file: Args.string({
      description: 'LTX files; a single - is standard input',
      required: true,
      multiple: true,
    }),
  };
  static override flags = {
    output: Flags.string({ char: 'o', summary: 'the file to write', helpValue: 'OUT', required: true }),
    compress: Flags.boolean({ summary: 'write the pages as an LZ4 frame', default: true, allowNo: true }),
    force: Flags.boolean({ summary: 'replace OUT if it exists' }),
  };

  override async run(): Promise<object> {
    const { args, flags } = await this.parse(LtxCompact);
    const { compactChain } = await import('../../ltx/compact-chain.ts');
    const { resultOf, textOf } = await import('../../ltx/result.ts');
    const { compress, force } = flags;
    const made = await compactChain(flags.output, args.file, { compress, force });
    const result = await resultOf(flags.output, args.file.length, made);
    this.log(textOf(result));
    return result;
  }
}
