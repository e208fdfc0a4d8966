import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Where the machine's certificates lie while RUN steps run, as a proxy's would be given to `docker build`. */
const CERTIFICATES = '/run/build-certificates.crt';

/** Runs a command to its end; its output is ours. */
export function must(command, args, options = {}) {
  const { status, error } = spawnSync(command, args, { stdio: 'inherit', ...options });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${[command, ...args].join(' ').slice(0, 300)}: exit ${status}`);
}

/**
 * The command line that runs `argv` in a root as a container would: process 1 of its own process table, its own user,
 * an environment that is only what the image says. The network is the machine's.
 */
export function containerCommand(root, { user, workdir, env, argv }) {
  const variables = { PATH, HOME: homeOf(root, user), ...env };
  return [
    'unshare',
    ...['--mount', '--pid', '--fork', '--kill-child', `--mount-proc=${join(root, 'proc')}`],
    ...['chroot', `--userspec=${user}`, root, '/usr/bin/env', '-i'],
    ...Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...['/bin/sh', '-c', 'cd "$0" && exec "$@"', workdir, ...argv],
  ];
}

/** Runs a shell script in a root, as root, with this machine's way to the network. */
export function runIn(root, script, { workdir = '/', env = {} } = {}) {
  const { certificates, settings } = networkSettings();
  copyFileSync('/etc/resolv.conf', join(root, 'etc/resolv.conf'));
  if (certificates !== null) copyFileSync(certificates, join(root, CERTIFICATES));
  try {
    const argv = ['/bin/sh', '-c', script];
    const [command, ...args] = containerCommand(root, {
      user: 'root',
      workdir,
      env: { ...env, ...settings },
      argv,
    });
    must(command, args);
  } finally {
    rmSync(join(root, CERTIFICATES), { force: true });
  }
}

function networkSettings() {
  const npm = (key) => spawnSync('npm', ['config', 'get', key], { encoding: 'utf8' }).stdout.trim();
  const cafile = npm('cafile');
  const certificates = cafile === '' || cafile === 'null' ? null : cafile;
  const trust = { npm_config_cafile: CERTIFICATES, NODE_EXTRA_CA_CERTS: CERTIFICATES };
  const settings = { npm_config_registry: npm('registry'), ...(certificates === null ? {} : trust) };
  return { certificates, settings };
}

function homeOf(root, user) {
  const lines = readFileSync(join(root, 'etc/passwd'), 'utf8').split('\n');
  const entry = lines.map((line) => line.split(':')).find(([name]) => name === user);
  if (entry === undefined) throw new Error(`the image has no user ${user}`);
  return entry[5];
}
