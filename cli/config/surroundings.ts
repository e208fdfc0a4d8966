import { homedir } from 'node:os';
import type { ConfigSurroundings } from '../../src/config/litestream/types.ts';

/** What a configuration is read in: this process. */
export const surroundings = (expandEnv: boolean): ConfigSurroundings => ({
  env: process.env,
  home: homedir(),
  cwd: process.cwd(),
  pid: process.pid,
  expandEnv,
});
