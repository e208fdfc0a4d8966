import { appendFileSync } from 'node:fs';
import { register } from 'node:module';
import { isMainThread } from 'node:worker_threads';

/**
 * Given to node by `--import`, it writes the packages that our own modules import to the file that IMPORTED_PACKAGES
 * names, a line each time.
 */
if (isMainThread && !import.meta.url.includes('?')) register(`${import.meta.url}?hooks`);

export async function resolve(specifier, context, next) {
  const isOurs = context.parentURL?.includes('/dist/') && !context.parentURL.includes('/node_modules/');
  if (isOurs && /^@?[a-z]/.test(specifier) && !specifier.includes(':')) {
    const name = /^(@[^/]+\/)?[^/]+/.exec(specifier)[0];
    appendFileSync(process.env.IMPORTED_PACKAGES, `${name}\n`);
  }
  return next(specifier, context);
}
