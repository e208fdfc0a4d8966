export * from './config.ts';
export { readConfigText } from './litestream/find.ts';
export * from './load.ts';
export type { ConfigFile } from './server-file.ts';
export * from './storage.ts';
