/** Characters of one event; a server that sends more is no lfsb. */
const EVENT_CHARS_MAX = 4 * 1024 * 1024;

/** The `data` of each event of a stream of server-sent events. Comments and other fields are passed over. */
export async function* eventData(chunks: AsyncIterable<Buffer>): AsyncGenerator<string, void> {
  const utf8 = new TextDecoder();
  let pending = '';
  for await (const chunk of chunks) {
    pending += utf8.decode(chunk, { stream: true });
    const blocks = pending.split('\n\n');
    pending = blocks.pop() ?? '';
    if (pending.length > EVENT_CHARS_MAX) throw new RangeError('an event without an end');
    for (const block of blocks) {
      const data = dataOf(block);
      if (data !== undefined) yield data;
    }
  }
}

function dataOf(block: string): string | undefined {
  const lines = block.split('\n').filter((line) => line.startsWith('data:'));
  if (lines.length === 0) return undefined;
  return lines.map((line) => line.slice(line.startsWith('data: ') ? 6 : 5)).join('\n');
}
