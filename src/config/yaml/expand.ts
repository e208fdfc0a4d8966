import { BadValue } from './problems.ts';
import type { Expand } from './tree.ts';

const REFERENCE = /\$(?:\{([^}]*)\}|([A-Za-z_][A-Za-z0-9_]*))/g;

/**
 * Replaces `${NAME}` and `$NAME` by variables, as Litestream does. One that is not set is refused: nobody means
 * to store to a bucket whose name is empty. `PID` is the number of this process.
 */
export const expandVariables =
  (env: Readonly<Record<string, string | undefined>>, pid: number): Expand =>
  (text) =>
    text.replace(REFERENCE, (_, braced: string | undefined, bare: string | undefined) => {
      const name = braced ?? bare ?? '';
      const value = name === 'PID' ? String(pid) : env[name];
      if (value !== undefined) return value;
      throw new BadValue(`the variable ${name} is not set`);
    });
