import * as Flags from '@oclif/core/flags';
import { CliError } from '../../cli-error.ts';
import { ServerCommand } from '../../server-command.ts';

/** `lfsb log verify`: the chain of hashes, from the first event to the last. */
export default class LogVerify extends ServerCommand {
  static override summary = 'Prove the log: every hash, from the first event to the last.';
  static override description =
    'Prints the head as seq:hash. A chain proves itself only against a head that was kept elsewhere: give one with --expect. Exits 6 and names the first event that is not right.';
  static override examples = ['<%= config.bin %> log verify --expect "$(cat kept-head)"'];
  static override flags = {
    expect: Flags.string({ summary: 'a head that was kept elsewhere', helpValue: 'SEQ:HASH' }),
  };

  override async run(): Promise<object> {
    const { flags } = await this.parse(LogVerify);
    const { headOf, verifyChain } = await import('../../log/verify-chain.ts');
    const expected = flags.expect === undefined ? undefined : headOf(flags.expect);
    return this.withClient(flags, async (client) => {
      const verdict = await verifyChain(client.log, expected);
      if (!verdict.ok) {
        const where = `event ${verdict.seq} of ${client.origin}`;
        const hint = `lfsb log show ${verdict.seq} shows what is there; keep a copy of the data directory`;
        throw new CliError('ELOGBROKEN', `the log is broken at ${where}: ${verdict.what}`, hint);
      }
      const { seq, hash } = verdict.head;
      this.log(`${seq}:${hash}`);
      this.note(`${seq} events, every hash follows${expected ? ', and the kept head is among them' : ''}`);
      return { ok: true, seq, hash };
    });
  }
}
