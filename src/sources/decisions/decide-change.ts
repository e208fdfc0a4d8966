import { type FileIdentity, isSameFile } from './cursor.ts';

/** What a look at the files of an open database shows. */
export interface Look {
  /** What the path leads to; null when nothing is there. */
  readonly file: FileIdentity | null;
  /** What the WAL's path leads to; null when nothing is there. */
  readonly wal: FileIdentity | null;
  /** What page 1 of the open main file says; null when it does not begin as a database. */
  readonly main: { readonly pageSize: number; readonly journalMode: 'wal' | 'rollback' } | null;
}

/** What was open before. */
export interface Opened {
  readonly file: FileIdentity;
  readonly wal: FileIdentity | null;
  readonly pageSize: number;
  /** What page 1 of the main file said, which is behind what the WAL says of it. */
  readonly journalMode: 'wal' | 'rollback';
}

export type Change =
  | { readonly kind: 'none' }
  /** The database is not there any more. */
  | { readonly kind: 'missing' }
  /** It has to be opened again, and compared: what the open connections see is not what others see. */
  | { readonly kind: 'reopen'; readonly reason: string };

/** What happened to the files of a database that others may move, delete and write anew. */
export function decideChange(opened: Opened, look: Look): Change {
  if (look.file === null) return { kind: 'missing' };
  if (!isSameFile(look.file, opened.file)) return reopen('the file was replaced');
  if (look.main === null) return reopen('the file does not begin as a database any more');
  if (look.main.pageSize !== opened.pageSize) return reopen('the page size changed');
  if (look.main.journalMode === 'rollback' && opened.journalMode === 'wal')
    return reopen('the journal mode changed');
  if (opened.wal === null) return { kind: 'none' };
  if (look.wal === null) return reopen('the WAL vanished');
  return isSameFile(look.wal, opened.wal) ? { kind: 'none' } : reopen('the WAL was replaced');
}

const reopen = (reason: string): Change => ({ kind: 'reopen', reason });
