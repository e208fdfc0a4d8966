/** Threads that encode what is uploaded. */
export const IMPORT_WORKERS = 2;

/** Heap for young objects of such a thread, MiB: its work is in buffers. */
export const IMPORT_WORKER_YOUNG_MB = 3;

/** Imports at once; each holds IMPORT_BUFFERS, two writes and a part of its page checksums: 4 MiB. */
export const IMPORTS_MAX = 16;

/** Requests that wait for their turn to import. */
export const IMPORTS_WAITING_MAX = 64;
export const IMPORTS_WAIT_MS_MAX = 20_000;

/** Bytes of one buffer between the threads: a multiple of every page size. */
export const IMPORT_BUFFER_BYTES = 256 * 1024;

/** Buffers of one import, passed to and fro. */
export const IMPORT_BUFFERS = 4;

/** Bytes of a payload that are written at once. */
export const IMPORT_WRITE_BYTES = 512 * 1024;

/**
 * Times that an import is made for another place because its database moved. A new place costs a header and
 * one reading of the file for its hash.
 */
export const IMPORT_MOVES_MAX = 8;

/** Messages of `quick_check` that the client is told. */
export const CHECK_MESSAGES_MAX = 5;

/** Characters of such a message that the client is told. */
export const CHECK_MESSAGE_CHARS_MAX = 200;

/** Page cache of SQLite while it checks, KiB: it reads each page once. */
export const CHECK_CACHE_KIB = 2_048;
