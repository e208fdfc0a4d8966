/**
 * The texts of a stream that a separator ends, as they come; what comes after the last separator is cut off.
 * @throws RangeError for one of more than `charsMax` characters: a server that sends it is no lfsb
 */
export async function* piecesOf(
  chunks: AsyncIterable<Buffer>,
  separator: string,
  charsMax: number,
): AsyncGenerator<string, void> {
  const utf8 = new TextDecoder();
  let pending = '';
  for await (const chunk of chunks) {
    pending += utf8.decode(chunk, { stream: true });
    const pieces = pending.split(separator);
    pending = pieces.pop() ?? '';
    if (pending.length > charsMax) throw new RangeError('an answer without an end');
    yield* pieces;
  }
}
