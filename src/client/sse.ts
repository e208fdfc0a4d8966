import { piecesOf } from './pieces.ts';

/** Characters of one event. */
const EVENT_CHARS_MAX = 4 * 1024 * 1024;

/** The `data` of each event of a stream of server-sent events. Comments and other fields are passed over. */
export async function* eventData(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  for await (const event of piecesOf(chunks, '\n\n', EVENT_CHARS_MAX)) {
    const data = dataOf(event);
    if (data !== undefined) yield data;
  }
}

function dataOf(block: string): string | undefined {
  const lines = block.split('\n').filter((line) => line.startsWith('data:'));
  if (lines.length === 0) return undefined;
  return lines.map((line) => line.slice(line.startsWith('data: ') ? 6 : 5)).join('\n');
}
