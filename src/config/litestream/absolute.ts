import { resolve } from 'node:path';
import { BadValue } from '../yaml/problems.ts';
import type { ConfigSurroundings } from './types.ts';

/** Makes paths absolute, a leading `~` being the home. What it gives throws BadValue. */
export const absoluteIn =
  ({ home, cwd }: Pick<ConfigSurroundings, 'home' | 'cwd'>) =>
  (path: string): string => {
    if (path === '' || path.includes('\0')) throw new BadValue('has to be a path');
    if (/^~[^/]/.test(path)) throw new BadValue(`${path}: the home of another user is not looked up`);
    return resolve(cwd, path.replace(/^~(?=\/|$)/, home));
  };
