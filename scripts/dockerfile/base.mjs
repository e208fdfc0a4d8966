import { copyFileSync, cpSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { must, runIn } from './root.mjs';

/** The npm that the node 20 images come with. */
const NPM_VERSION = '10.8.2';

/**
 * Stands in for a base image `node:X.Y.Z-SUITE-slim`: a minimal Debian by debootstrap, with this machine's node of the
 * same major version, the npm of that image, and its user. Its entrypoint is left out: the Dockerfile has its own.
 */
export function makeBase(image, root) {
  const [, version, major, suite] = /^node:((\d+)\.\d+\.\d+)-([a-z]+)-slim$/.exec(image) ?? [];
  if (version === undefined) throw new Error(`${image}: only node:X.Y.Z-SUITE-slim can be stood in for`);
  if (!process.version.startsWith(`v${major}.`))
    throw new Error(`${image} wants node ${major}, and this is ${process.version}`);
  must('debootstrap', ['--variant=minbase', suite, root], { stdio: ['ignore', 'ignore', 'inherit'] });
  // As Debian's images have it: nobody needs a build to survive a power cut.
  writeFileSync(join(root, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  // As Docker gives it to every container.
  writeFileSync(join(root, 'etc/hosts'), '127.0.0.1 localhost\n::1 localhost\n');
  const prefix = join(root, 'usr/local');
  copyFileSync(process.execPath, join(prefix, 'bin/node'));
  const headers = join(dirname(process.execPath), '../include/node');
  cpSync(headers, join(prefix, 'include/node'), { recursive: true });
  must('npm', ['install', '--global', '--silent', '--prefix', prefix, `npm@${NPM_VERSION}`]);
  runIn(
    root,
    'groupadd --gid 1000 node && useradd --uid 1000 --gid node --shell /bin/bash --create-home node',
  );
  return `${image}: Debian ${suite}, node ${process.version}, npm ${NPM_VERSION}`;
}
