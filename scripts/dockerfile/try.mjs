import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { containerCommand } from './root.mjs';

const READY_TRIES_MAX = 120; // of 0.25 s
const STOP_MS_MAX = 30_000;

/**
 * Runs an image as Docker would, on a free port: health check, a database in and out again, SIGTERM, and once more on
 * the same data.
 */
export async function tryImage({ root, config, say }) {
  const port = await freePort();
  const env = {
    ...config.env,
    LFSB_BIND: `:${port}`,
    LFSB_ENDPOINT: `http://localhost:${port}`,
    LFSB_CLUSTER: 'try',
  };
  const inside = { root, config: { ...config, env } };
  assert.notEqual(config.user, 'root', 'the image runs as root');
  assert.deepEqual(config.ports, [2200]);
  refuseLeftovers(inside);
  // A new ext4 volume is not empty, and what it holds is not ours.
  mkdirSync(join(root, 'data/lost+found'), { mode: 0o700 });
  assert.notEqual(
    exec(inside, config.healthcheck.argv).status,
    0,
    'the health check passes without a server',
  );
  say(`before it is started: unhealthy, as it should be`);
  await whileRunning(inside, say, () => useDatabase(inside));
  say('a database went in and came out again');
  await whileRunning(inside, say, () => {
    assert.match(must(inside, ['lfsb', 'list']), /app\.db/, 'the database is gone after a restart');
  });
  say('it is still there after a restart');
}

function refuseLeftovers(inside) {
  for (const tool of ['g++', 'make', 'python3'])
    assert.notEqual(exec(inside, ['sh', '-c', `command -v ${tool}`]).status, 0, `${tool} is in the image`);
  const modules = must(inside, ['ls', '/opt/lfsb/node_modules']).split('\n');
  assert.ok(
    !modules.includes('typescript') && !modules.includes('vitest'),
    'tools of the build are in the image',
  );
}

/** Starts the image's own command, does something, ends it by SIGTERM; it has to end with 0. */
async function whileRunning(inside, say, work) {
  const { entrypoint, command, healthcheck } = inside.config;
  const [program, ...args] = commandIn(inside, [...entrypoint, ...command]);
  const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let log = '';
  server.stdout.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const ended = once(server, 'exit');
  try {
    await untilHealthy(inside, healthcheck.argv, server);
    const first = processOne(server.pid);
    assert.equal(uidOf(first), statSync(join(inside.root, 'home/node')).uid, 'it runs as another user');
    say(`healthy: process 1 is ${nameOf(first)}, user ${inside.config.user}`);
    await work();
    process.kill(first, 'SIGTERM');
    const late = setTimeout(() => server.kill('SIGKILL'), STOP_MS_MAX);
    const [code, signal] = await ended;
    clearTimeout(late);
    assert.deepEqual({ code, signal }, { code: 0, signal: null }, `SIGTERM did not end it well:\n${log}`);
    assert.match(log, /"stopped"/, 'it did not say that it stopped');
    say('SIGTERM: exit 0');
  } finally {
    server.kill('SIGKILL');
  }
}

function useDatabase(inside) {
  must(inside, ['sqlite3', '/tmp/in.db', "CREATE TABLE t (x); INSERT INTO t VALUES ('kept');"]);
  must(inside, ['lfsb', 'import', 'app.db', '/tmp/in.db']);
  must(inside, ['lfsb', 'export', 'app.db', '-o', '/tmp/out.db']);
  const answer = must(inside, ['sqlite3', '/tmp/out.db', 'PRAGMA integrity_check; SELECT x FROM t;']);
  assert.equal(answer, 'ok\nkept\n');
}

async function untilHealthy(inside, argv, server) {
  for (let tries = 0; tries < READY_TRIES_MAX; tries += 1) {
    assert.equal(server.exitCode, null, 'it ended by itself');
    if (exec(inside, argv).status === 0) return;
    await sleep(250);
  }
  assert.fail('it never became healthy');
}

const commandIn = ({ root, config: { user, workdir, env } }, argv) =>
  containerCommand(root, { user, workdir, env, argv });

/** As `docker exec`. */
function exec(inside, argv) {
  const [command, ...args] = commandIn(inside, argv);
  return spawnSync(command, args, { encoding: 'utf8' });
}

function must(inside, argv) {
  const { status, stdout, stderr } = exec(inside, argv);
  assert.equal(status, 0, `${argv.join(' ')}: exit ${status}\n${stderr}`);
  return stdout;
}

/** The only child of `unshare`: process 1 of what it started. */
const processOne = (pid) => Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
const uidOf = (pid) => Number(/^Uid:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]);
const nameOf = (pid) => readFileSync(`/proc/${pid}/comm`, 'utf8').trim();

async function freePort() {
  const server = createServer().listen(0);
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
