import type { LfsbClient } from '../../src/client/index.ts';
import { STREAMED } from '../base-command.ts';
import { humanBytes } from '../human.ts';
import { type SaveRequest, saveSnapshot, sendSnapshot } from './save-snapshot.ts';

/** Downloads a database into a file, or to standard output where none is named, and says how much it was. */
export async function exportDatabase(
  client: LfsbClient,
  request: SaveRequest,
  { file, note }: { readonly file: string | undefined; readonly note: (text: string) => void },
): Promise<object | typeof STREAMED> {
  if (file === undefined) {
    note(`${request.db}: ${humanBytes(await sendSnapshot(client, request, process.stdout))} exported`);
    return STREAMED;
  }
  const saved = await saveSnapshot(client, request, { file, force: true, note });
  note(`${request.db}: ${humanBytes(saved.sizeBytes)} exported to ${file}`);
  return saved;
}
