import * as Flags from '@oclif/core/flags';
import type { ChainVerdict } from '../../../src/client/index.ts';
import { CliError } from '../../cli-error.ts';
import { configFlags, refuseConfig } from '../../replica/file-flags.ts';
import { ServerCommand } from '../../server-command.ts';

/** `lfsb log verify`: the chain of hashes, from the first event to the last. */
export default class LogVerify extends ServerCommand {
  static override summary = 'Prove the log: every hash, from the first event to the last.';
  static override description =
    'Prints the head as seq:hash. A chain proves itself only against a head that was kept elsewhere: give one with --expect. Exits 6 and names the first event that is not right.';
  static override examples = ['<%= config.bin %> log verify --expect "$(cat kept-head)"'];
  static override flags = {
    expect: Flags.string({ summary: 'a head that was kept elsewhere', helpValue: 'SEQ:HASH' }),
    db: Flags.string({ summary: 'path of a replicated database: of its own log', helpValue: 'PATH' }),
    ...configFlags,
  };

  override async run(): Promise<object> {
    const { flags } = await this.parse(LogVerify);
    const { headOf, verifyChain } = await import('../../log/verify-chain.ts');
    const expected = flags.expect === undefined ? undefined : headOf(flags.expect);
    const judge = (verdict: ChainVerdict, whose: string): object => {
      if (!verdict.ok) {
        const where = `event ${verdict.seq} of ${whose}`;
        const hint = `lfsb log show ${verdict.seq} shows what is there; keep a copy of the data directory`;
        throw new CliError('ELOGBROKEN', `the log is broken at ${where}: ${verdict.what}`, hint);
      }
      const { seq, hash } = verdict.head;
      this.log(`${seq}:${hash}`);
      this.note(`${seq} events, every hash follows${expected ? ', and the kept head is among them' : ''}`);
      return { ok: true, seq, hash };
    };
    const { db, expect } = flags;
    if (db === undefined) {
      refuseConfig(flags);
      return this.withClient(flags, async ({ log, origin }) =>
        judge(await verifyChain(log, expected), origin),
      );
    }
    const { withAgentLog } = await import('../../log/agent-log.ts');
    return withAgentLog(db, flags, async (_, own) =>
      judge(await own.verify(expect?.trim().toLowerCase()), db),
    );
  }
}
