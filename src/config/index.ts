export * from './config.ts';
export * from './load.ts';
export * from './storage.ts';
