import { fileURLToPath } from 'node:url';

const SHARED_FOLDER =
  process.env['LFSB_TEST_SHARED'] ?? fileURLToPath(new URL('../../../shared/', import.meta.url));

/** Path of a file of the shared test vectors: LFSB_TEST_SHARED, or `shared` next to the repository. */
export function sharedPath(...parts: string[]): string {
  return [SHARED_FOLDER.replace(/\/$/, ''), ...parts].join('/');
}
