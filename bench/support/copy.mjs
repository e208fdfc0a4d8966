import { closeSync, copyFileSync, fdatasyncSync, openSync, rmSync } from 'node:fs';

/** How long a plain copy of a file takes with its fdatasync, s; the copy goes again. */
export function copySeconds(from, to) {
  const start = performance.now();
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  fdatasyncSync(file);
  closeSync(file);
  const seconds = (performance.now() - start) / 1000;
  rmSync(to);
  return seconds;
}
