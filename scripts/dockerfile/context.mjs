import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';

/**
 * What a .dockerignore lets through: a list of what is allowed, and of suffixes that never are. Its full language is
 * larger, and refused here.
 */
export function parseIgnoreFile(text) {
  const [first, ...lines] = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  if (first !== '*') throw new Error('.dockerignore has to begin with *: what it lets through is listed');
  const allowed = lines.filter((line) => /^![\w.-]+$/.test(line)).map((line) => line.slice(1));
  const suffixes = lines
    .filter((line) => /^\*\*\/\*\.[\w.]+$/.test(line))
    .map((line) => line.slice('**/*'.length));
  if (allowed.length + suffixes.length !== lines.length)
    throw new Error('.dockerignore: only !NAME and **/*.SUFFIX are known here');
  return { allowed, suffixes };
}

/** Lays out in `target` what Docker would be sent of `project`. */
export function layContext(project, target) {
  const { allowed, suffixes } = parseIgnoreFile(readFileSync(join(project, '.dockerignore'), 'utf8'));
  mkdirSync(target, { recursive: true });
  for (const name of allowed) {
    if (!existsSync(join(project, name)))
      throw new Error(`.dockerignore lets ${name} through, which is not there`);
    copyTree(join(project, name), join(target, name));
  }
  for (const path of readdirSync(target, { recursive: true, encoding: 'utf8' }))
    if (suffixes.some((suffix) => path.endsWith(suffix))) rmSync(join(target, path), { recursive: true });
}

/**
 * COPY: a folder's content goes into the target, a file to the target or, when that ends in a slash, into it. Owned by
 * who runs this, root.
 */
export function copyInto({ root, workdir, from, sources, target }) {
  const destination = join(root, resolve(workdir, target));
  const isFolder = target.endsWith('/') || target === '.' || sources.length > 1;
  if (sources.length > 1 && !target.endsWith('/')) throw new Error('COPY: a target of several ends in /');
  for (const source of sources) {
    const path = join(from, source);
    if (statSync(path).isDirectory()) copyTree(path, destination);
    else copyTree(path, isFolder ? join(destination, basename(source)) : destination);
  }
}

const copyTree = (source, target) =>
  cpSync(source, target, { recursive: true, verbatimSymlinks: true, preserveTimestamps: true });
