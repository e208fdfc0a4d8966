import { readFileSync } from 'node:fs';

/** True when this runs compiled, from `dist/src`; false under a test runner that reads the sources. */
export const isBuilt = !import.meta.url.endsWith('.ts');

/** The folder with package.json, as a URL that ends in a slash. */
export const packageRoot = new URL(isBuilt ? '../../' : '../', import.meta.url);

/** The version in package.json. */
export const version = (): string =>
  (JSON.parse(readFileSync(new URL('package.json', packageRoot), 'utf8')) as { version: string }).version;
