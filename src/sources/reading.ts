import { setImmediate as turn } from 'node:timers/promises';
import type { Piece, SourceTransaction } from './transaction.ts';

/**
 * Reads a transaction up to its first piece, and then it is one to be published; null when it has none, because
 * nothing changed. Others have a turn meanwhile.
 */
export async function begun(transaction: SourceTransaction): Promise<SourceTransaction | null> {
  const rest = transaction.pieces[Symbol.iterator]();
  for (;;) {
    const { done, value } = rest.next();
    if (done) return null;
    if (value !== null) return withPieces(transaction, following(value, rest));
    await turn();
  }
}

/** Reads a transaction whole, for one that is small and cannot wait. */
export function inMemory(transaction: SourceTransaction): SourceTransaction {
  return withPieces(transaction, [...transaction.pieces]);
}

function* following(first: Piece, rest: Iterator<Piece>): Generator<Piece> {
  yield first;
  for (let next = rest.next(); !next.done; next = rest.next()) yield next.value;
}

/** What a transaction says of itself is read from it: it is known only at its end. */
function withPieces(transaction: SourceTransaction, pieces: Iterable<Piece>): SourceTransaction {
  return {
    kind: transaction.kind,
    header: transaction.header,
    pieces,
    get pos() {
      return transaction.pos;
    },
    get pages() {
      return transaction.pages;
    },
  };
}
