/** Characters of one line; a server that sends more is no lfsb. */
const LINE_CHARS_MAX = 1024 * 1024;

/** The values of an answer that is one JSON value a line. @throws SyntaxError, RangeError */
export async function* jsonLines<T>(chunks: AsyncIterable<Buffer>): AsyncGenerator<T, void> {
  const utf8 = new TextDecoder();
  let pending = '';
  for await (const chunk of chunks) {
    pending += utf8.decode(chunk, { stream: true });
    const lines = pending.split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > LINE_CHARS_MAX) throw new RangeError('a line without an end');
    for (const line of lines) yield JSON.parse(line) as T;
  }
  if (pending !== '') yield JSON.parse(pending) as T;
}
