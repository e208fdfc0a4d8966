export { type ChainBreak, checkLink, FIRST_LINK } from './chain.ts';
export { LfsbClient } from './client.ts';
export type { ClientOptions } from './connection.ts';
export type { Download } from './download.ts';
export { type ClientCode, ClientError } from './errors.ts';
export type { ChainVerdict, LogClient } from './log-client.ts';
export type { ResumeOptions, Resumption } from './resume.ts';
export type * from './types.ts';
