/**
 * Proves the package: packs what git knows of this project, looks at every name in it, installs it globally under an
 * empty prefix, and uses what came of that. Needs the npm registry and a C++ compiler.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ALLOWED = [
  /^(LICENSE|README\.md|CHANGELOG\.md|package\.json|npm-shrinkwrap\.json|oclif\.manifest\.json)$/,
  /^bin\/run\.js$/,
  /^dist\/(src|cli)\/.*\.(js|d\.ts)$/,
  /^deploy\/[a-z-]+\.service$/,
  /^migrations\/\d{4}-[a-z-]+\.sql$/,
  /^docs\/.*\.md$/,
];
const LISTENING_MS_MAX = 30_000;

const project = fileURLToPath(new URL('..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'lfsb-package-'));
const startMs = performance.now();

function say(text) {
  const seconds = ((performance.now() - startMs) / 1000).toFixed(0).padStart(4);
  process.stdout.write(`${seconds} s  ${text}\n`);
}

const run = (command, args, options = {}) =>
  execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'], ...options });

/** The project as a clone would have it, so that nothing of this folder is packed by chance. */
function copyProject() {
  const copy = join(folder, 'project');
  const names = run('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
    cwd: project,
  });
  for (const name of names.split('\0').filter((each) => each !== '' && existsSync(join(project, each)))) {
    mkdirSync(dirname(join(copy, name)), { recursive: true });
    cpSync(join(project, name), join(copy, name));
  }
  symlinkSync(join(project, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

function checkNames(files, copy) {
  const names = files.map(({ path }) => path);
  const stray = names.filter((name) => !ALLOWED.some((pattern) => pattern.test(name)));
  assert.deepEqual(stray, [], 'files that nobody needs are packed');
  const modules = run(
    'git',
    ['ls-files', '-z', '--cached', '--others', '--exclude-standard', 'src', 'cli', 'migrations'],
    {
      cwd: project,
    },
  );
  const expected = modules
    .split('\0')
    .filter(
      (name) =>
        existsSync(join(copy, name)) && /(?<!\.d)\.ts$|\.sql$/.test(name) && !name.includes('/assembly/'),
    )
    .map((name) => (name.endsWith('.sql') ? name : `dist/${name.replace(/\.ts$/, '.js')}`));
  assert.ok(expected.length > 100);
  const packed = new Set(names);
  const missing = [...expected, 'oclif.manifest.json', 'bin/run.js'].filter((name) => !packed.has(name));
  assert.deepEqual(missing, [], 'files that are needed are not packed');
}

async function useServer(lfsb, cwd) {
  const env = { ...process.env, LFSB_LOG_FORMAT: 'json' };
  const server = spawn(lfsb, ['serve', '--bind', '127.0.0.1:0'], {
    cwd,
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const late = setTimeout(() => server.kill('SIGKILL'), LISTENING_MS_MAX);
  try {
    const url = await listening(server);
    clearTimeout(late);
    assert.equal((await fetch(`${url}/healthz`)).status, 200);
    const listed = run(lfsb, ['list', '--cluster', 'try', '--endpoint', url, '--json'], { cwd });
    assert.deepEqual(JSON.parse(listed), []);
    const ended = once(server, 'exit');
    server.kill('SIGTERM');
    assert.deepEqual(await ended, [0, null]);
  } finally {
    clearTimeout(late);
    server.kill('SIGKILL');
  }
}

function listening(server) {
  let log = '';
  return new Promise((resolve, reject) => {
    server.stdout.setEncoding('utf8').on('data', (text) => {
      log += text;
      const [, url] = /"LITEFS_CLOUD_ENDPOINT":"([^"]+)"/.exec(log) ?? [];
      if (url !== undefined) resolve(url);
    });
    server.on('error', reject);
    server.on('exit', () => reject(new Error(`the server ended before it listened:\n${log}`)));
  });
}

try {
  const copy = copyProject();
  const [packed] = JSON.parse(
    run('npm', ['pack', '--json', '--silent', '--pack-destination', folder], { cwd: copy }),
  );
  checkNames(packed.files, copy);
  say(`packed: ${packed.files.length} files, ${(packed.size / 1024).toFixed(0)} KB`);

  const prefix = join(folder, 'prefix');
  // What is proven is the package: its SQLite need not be fast, and compiles in a fraction of the time.
  const env = { ...process.env, CFLAGS: '-O0', CXXFLAGS: '-O0' };
  run('npm', ['install', '--global', '--prefix', prefix, join(folder, packed.filename)], { env });
  const lfsb = join(prefix, 'bin/lfsb');
  say('installed');

  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const empty = join(folder, 'empty');
  mkdirSync(empty);
  assert.match(run(lfsb, ['--version'], { cwd: empty }), new RegExp(`^lfsb/${version} `));
  await useServer(lfsb, empty);
  const script =
    "const client = await import('lfsb/client'); if (Object.keys(client).length === 0) process.exit(1)";
  run(process.execPath, ['--input-type=module', '-e', script], { cwd: join(prefix, 'lib') });
  say('the package holds: lfsb --version, serve, list, lfsb/client');
} finally {
  rmSync(folder, { recursive: true, force: true });
}
