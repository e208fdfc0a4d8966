/** The largest piece that is lent: an LZ4 block as an encoder writes it. */
const PIECE_BYTES_MAX = 65_536 + 4;

/** Smaller ones are not worth it. */
const PIECE_BYTES_MIN = 4_096;

/** Copies that are lent and taken back, so that their memory is used again. */
export class LentPieces {
  readonly #free: Uint8Array[] = [];
  #lent: Uint8Array[] = [];

  /** A copy, valid until all are taken back. */
  copy(piece: Uint8Array): Uint8Array {
    if (piece.length < PIECE_BYTES_MIN || piece.length > PIECE_BYTES_MAX) return piece.slice();
    const buffer = this.#free.pop() ?? new Uint8Array(PIECE_BYTES_MAX);
    this.#lent.push(buffer);
    buffer.set(piece);
    return buffer.subarray(0, piece.length);
  }

  takeBack(): void {
    this.#free.push(...this.#lent);
    this.#lent = [];
  }
}
