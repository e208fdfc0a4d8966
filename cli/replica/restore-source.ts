import { existsSync } from 'node:fs';
import type { RestoreQuery } from '../../src/agent/restore/best-replica.ts';
import { LfsbError } from '../../src/errors/index.ts';
import { parseTxid } from '../../src/ltx/index.ts';
import { CliError } from '../cli-error.ts';
import { type Told, tell } from '../told.ts';
import { checkOf, type FileFlagValues, parallelismOf } from './file-flags.ts';
import { NO_REPLICA, type RestoredFile, restoreFile } from './restore-file.ts';
import { findSource } from './source.ts';

/** A point as the command line names it. */
type Target = { readonly txid: string } | { readonly timestamp: string } | undefined;

/** Nothing was to be done, and why. */
export interface NotRestored {
  readonly file: string;
  readonly restored: false;
  readonly reason: string;
}

interface SourceRequest {
  readonly flags: FileFlagValues;
  readonly target: Target;
  /** Says something to the person at the terminal. */
  readonly note: (text: string) => void;
}

/**
 * Restores what the command line says, into the file that it says: in place without one.
 * @throws CliError, LfsbError
 */
export async function restoreSource(text: string, { flags, target, note }: SourceRequest): Promise<Told> {
  const done = await restoreUnlessNeedless(text, { flags, target, note });
  if ('restored' in done) {
    note(`nothing to do: ${done.reason}`);
    return { text: '', result: done };
  }
  const { file, url, txid, timestamp } = done;
  return tell('db restored', { file, replica: url, txid, timestamp }, done);
}

async function restoreUnlessNeedless(
  text: string,
  { flags, target, note }: SourceRequest,
): Promise<RestoredFile | NotRestored> {
  if (flags.check === true) {
    const hint = 'restore it into a file with -o; nothing else is touched';
    throw new CliError('EUSAGE', '--check is for databases of a server', hint);
  }
  const source = await findSource(text, flags);
  if (source.configPath !== null) note(`configuration: ${source.configPath}`);
  const file = flags.output ?? source.path;
  if (file === null)
    throw new CliError('EUSAGE', `no output for ${text}`, 'name the file to make with -o FILE');
  const isThere = existsSync(file);
  if (isThere && flags['if-db-not-exists'] === true) return skipped(file, `${file} exists`);
  const request = { source, file, force: flags.force === true, query: queryOf(target), note };
  const restored = await restoreFile({
    ...request,
    check: checkOf(flags),
    parallelism: parallelismOf(flags),
  });
  if (restored !== NO_REPLICA) return restored;
  if (flags['if-replica-exists'] === true) return skipped(file, `there is no replica of ${text}`);
  const places = source.replicas.map(({ url }) => url).join(', ');
  throw new LfsbError('ENODB', `there is no replica of a database at ${places}`, {
    hint: 'check the URL: it is the folder that has the folders 1, 2, 3 and 9 in it',
  });
}

const skipped = (file: string, reason: string): NotRestored => ({ file, restored: false, reason });

function queryOf(target: Target): RestoreQuery {
  if (target === undefined) return null;
  if ('timestamp' in target) return { timestamp: Date.parse(target.timestamp) };
  const txid = parseTxid(target.txid);
  if (txid === undefined) throw new Error('a TXID has 16 hex digits');
  return { txid };
}
