/** Readable LTX fixtures: files from a few words, and databases with a history. */
export * from './ltx-builder.ts';
export * from './model-database.ts';
