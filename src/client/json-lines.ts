import { piecesOf } from './pieces.ts';

/** Characters of one line. */
const LINE_CHARS_MAX = 1024 * 1024;

/** The values of an answer that is one JSON value a line, the last one too. @throws SyntaxError, RangeError */
export async function* jsonLines<T>(chunks: AsyncIterable<Buffer>): AsyncGenerator<T, void> {
  for await (const line of piecesOf(chunks, '\n', LINE_CHARS_MAX)) yield JSON.parse(line) as T;
}
