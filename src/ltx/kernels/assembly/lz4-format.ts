// The numbers of the LZ4 block format, and those by which the reference decoder enforces its end rules.

export const MATCH_BYTES_MIN: usize = 4;
/** A length nibble of 15 goes on in the bytes that follow. */
export const NIBBLE_MAX: usize = 15;
/** The last bytes of a block are literals. */
export const LAST_LITERALS: usize = 5;
/** The last match starts at least so many bytes before the end of the block. */
export const LAST_MATCH_DISTANCE: usize = 12;
/** What must follow the literals of a sequence with a match: its offset, a token, the last literals. */
export const AFTER_LITERALS: usize = 8;
/** What must follow an extended match length. */
export const AFTER_MATCH_LENGTH: usize = 4;
/** Bytes that one vector copies. */
export const CHUNK_BYTES: usize = 16;
