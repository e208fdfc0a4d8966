import * as Args from '@oclif/core/args';
import * as Flags from '@oclif/core/flags';
import { BaseCommand, STREAMED } from '../../base-command.ts';
import type { DumpedPage } from '../../ltx/dump-file.ts';

/** `lfsb ltx dump FILE`: what a file says. */
export default class LtxDump extends BaseCommand {
  static override summary = 'Show the header, the page index and the trailer of an LTX file.';
  static override description =
    'With --json --pages each page is a line of its own, and the last line is the file. What is shown of a bad file before the error is as it was read.';
  static override examples = [
    '<%= config.bin %> ltx dump FILE --pages',
    '<%= config.bin %> ltx dump FILE --json',
  ];
  static override args = {
    file: Args.string({ description: 'an LTX file; - is standard input', required: true }),
  };
  static override flags = { pages: Flags.boolean({ summary: 'also show the content of each page in hex' }) };

  override async run(): Promise<object | typeof STREAMED> {
    const { args, flags } = await this.parse(LtxDump);
    const { dumpFile } = await import('../../ltx/dump-file.ts');
    if (!this.jsonEnabled()) return this.text(args.file, flags.pages);
    if (!flags.pages) return dumpFile(args.file, { header: () => undefined });
    const page = ({ page, checksum, data }: DumpedPage): void =>
      this.line({ page, checksum, data: Buffer.from(data).toString('hex') }, '');
    this.line(await dumpFile(args.file, { header: () => undefined, page }), '');
    return STREAMED;
  }

  private async text(file: string, pages: boolean): Promise<typeof STREAMED> {
    const { dumpFile } = await import('../../ltx/dump-file.ts');
    const { headerText, pageText, restText } = await import('../../ltx/dump-text.ts');
    const write = (text: string): void => void process.stdout.write(text);
    const page = (dumped: DumpedPage): void => write(pageText(dumped));
    const header = { header: (found: Parameters<typeof headerText>[0]) => write(headerText(found)) };
    write(restText(await dumpFile(file, pages ? { ...header, page } : header)));
    return STREAMED;
  }
}
