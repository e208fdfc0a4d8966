import type { LfsbClient, Target } from '../../src/client/index.ts';
import { CliError } from '../cli-error.ts';
import { type Told, tell } from '../told.ts';
import { saveSnapshot } from './save-snapshot.ts';

/** A database of a server, the point that is meant, and what becomes of it. */
export interface RestoreRequest {
  readonly database: string;
  readonly target: Target | undefined;
  /** Where the point is written to, the newest where none is named; undefined for the live database. */
  readonly file: string | undefined;
  readonly force: boolean;
  /** Only proves that the live database could be set back. */
  readonly check: boolean;
  readonly note: (text: string) => void;
}

/** A restore as the command line asks for it, to be carried out with a client. @throws CliError `EUSAGE` */
export function restoreDatabase(request: RestoreRequest): (client: LfsbClient) => Promise<Told> {
  const { database, target, file, force, check, note } = request;
  if (file !== undefined) {
    const download = { db: database, format: 'sqlite', target } as const;
    return async (client) =>
      tell('db restored', { database, file }, await saveSnapshot(client, download, { file, force, note }));
  }
  if (target === undefined) throw new CliError('EUSAGE', 'must specify one of --txid and --timestamp flags');
  return check
    ? (client) => provePoint(client, database, target)
    : (client) => setBack(client, request, target);
}

async function provePoint(client: LfsbClient, database: string, target: Target): Promise<Told> {
  const { timestamp, txid: pos } = await client.restoreCheck(database, target);
  return tell('db restore check', { database, timestamp, pos });
}

async function setBack(
  client: LfsbClient,
  { database, note }: RestoreRequest,
  target: Target,
): Promise<Told> {
  const { txid: pos, isWalForced } = await client.restore(database, target);
  if (isWalForced) note(`${database} is live in WAL mode: it was kept in it`);
  return tell('db restored', { database, pos });
}
