import { stat } from 'node:fs/promises';
import type { LfsbClient, Uploaded } from '../../src/client/index.ts';
import { Progress } from '../progress.ts';
import { companionOf, copyConsistently } from './consistent-copy.ts';

/** Sends a file, or a consistent copy of one that is in use, and says so. */
export async function importFile(
  client: LfsbClient,
  db: string,
  path: string,
  note: (text: string) => void,
): Promise<Uploaded> {
  const companion = (await stat(path)).isFile() ? await companionOf(path) : undefined;
  if (companion === undefined) return send(client, db, path);
  note(`${path}${companion} is not empty: sending a copy made by SQLite's backup API`);
  await using copy = await copyConsistently(path);
  return send(client, db, copy.path);
}

async function send(client: LfsbClient, db: string, path: string): Promise<Uploaded> {
  const found = await stat(path);
  using progress = new Progress('uploading', found.size);
  return await client.upload(db, path, (count) => progress.add(count));
}
