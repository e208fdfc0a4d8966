/**
 * Proves the Dockerfile where there is no Docker: carries its own steps out in a clean Debian root, then runs the result
 * as its user, and uses it. Needs root, debootstrap and the registries; says what stands in for the base image.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { buildImage } from './dockerfile/build.mjs';
import { tryImage } from './dockerfile/try.mjs';

const project = fileURLToPath(new URL('..', import.meta.url));
const startMs = performance.now();

function say(text) {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`${seconds} s  ${text}\n`);
}

const kilobytes = (path) =>
  Number(spawnSync('du', ['-sk', path], { encoding: 'utf8' }).stdout.split('\t')[0]);

if (process.getuid() !== 0 || !existsSync('/usr/sbin/debootstrap')) {
  process.stderr.write('needs root, and debootstrap: apt-get install --no-install-recommends debootstrap\n');
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'lfsb-dockerfile-'));
try {
  const image = buildImage({ project, folder, say });
  const added = (kilobytes(image.root) - kilobytes(image.base)) / 1024;
  say(`built: ${added.toFixed(0)} MB on top of the base image`);
  await tryImage({ ...image, say });
  say('the Dockerfile holds');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
