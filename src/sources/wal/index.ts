/** SQLite's write-ahead log, as its file format says: pure, no I/O. */
export * from './checksum.ts';
export * from './frame-list.ts';
export * from './frame-scan.ts';
export * from './header.ts';
