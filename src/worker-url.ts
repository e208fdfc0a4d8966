import { isBuilt, packageRoot } from './package-root.ts';

/**
 * The compiled module behind a source path, for worker threads: Node 20 runs no TypeScript, and a URL, unlike
 * an import, is not rewritten by the compiler.
 *
 * @param base `import.meta.url` of the caller
 * @param relative the module's source relative to it, as `./writer-worker.ts`
 */
export function workerUrl(base: string, relative: string): URL {
  const url = new URL(relative, base);
  const root = packageRoot.href;
  if (!url.href.endsWith('.ts') || !url.href.startsWith(root)) return url;
  const path = url.href.slice(root.length).replace(/\.ts$/, '.js');
  return new URL(isBuilt ? path : `dist/${path}`, root);
}
