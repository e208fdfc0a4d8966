import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { linesOf } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { against } from './support/against.ts';

/** The shape of a value: its fields and their types, of a list those of all that is in it. */
function shapeOf(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value))
    return merged(value.map(shapeOf)).map((line) => (line.startsWith('.') ? `[]${line}` : `[] ${line}`));
  if (typeof value !== 'object') return [typeof value];
  return Object.entries(value).flatMap(([name, each]) =>
    shapeOf(each).map((line) => `.${name}${/^[.[]/.test(line) ? '' : ' '}${line}`),
  );
}

const merged = (shapes: readonly (readonly string[])[]): string[] => [...new Set(shapes.flat())].sort();

/** Scripts rely on these: a line that goes away or changes here is a breaking change. */
test('what --json prints has the shape that scripts rely on', async () => {
  const folder = tempDir();
  const storage = { ...DEFAULT_STORAGE, replicas: [pathToFileURL(join(folder, 'replica')).href] };
  await using server = await TestServer.start({ config: { storage } });
  const run = against(server);
  const at = (name: string): string => join(folder, name);
  writeFileSync(at('a.db'), sqliteImage());
  writeFileSync(at('b.db'), sqliteImage({ seed: 2 }));
  const commands: readonly (readonly string[])[] = [
    ['import', 'a.db', at('a.db')],
    ['import', 'a.db', at('b.db')],
    ['list'],
    ['info', 'a.db'],
    ['export', 'a.db', '-o', at('out.db')],
    ['export', 'a.db', '-f', 'ltx', '-o', at('out.ltx')],
    ['restore', 'a.db', '--txid', '0x1', '--check'],
    ['restore', 'a.db', '--txid', '0x1', '-o', at('old.db')],
    ['restore', 'a.db', '--txid', '0x1'],
    ['verify', 'a.db'],
    ['status'],
    ['log'],
    ['log', 'show', '1'],
    ['log', 'verify'],
    ['ltx', 'verify', at('out.ltx')],
    ['ltx', 'dump', at('out.ltx')],
    ['ltx', 'apply', '-o', at('applied.db'), at('out.ltx')],
    ['ltx', 'compact', '-o', at('compact.ltx'), at('out.ltx')],
    ['delete', 'a.db', '--yes'],
    ['completion', 'bash'],
    ['help', 'ltx'],
    ['list', '-e', 'http://127.0.0.1:1'],
  ];
  const found = new Map<string, string[][]>();
  for (const args of commands) {
    const { code, stdout } = await run([...args, '--json']);
    expect([code, args]).toEqual([args.includes('-e') ? 5 : 0, args]);
    // A command that streams prints a value a line, the others one over many.
    const isStream = /^\{".*\}\n/.test(stdout);
    const values = isStream ? linesOf(stdout).map((line) => JSON.parse(line)) : [JSON.parse(stdout)];
    const name = [
      args[0] === 'ltx' || args[1] === 'show' || args[1] === 'verify' ? args.slice(0, 2) : args[0],
    ]
      .flat()
      .concat(
        args.includes('--check') ? ['--check'] : args.includes('-o') && args[0] === 'restore' ? ['-o'] : [],
      )
      .join(' ');
    const key = code === 5 ? 'an error' : name;
    found.set(key, [...(found.get(key) ?? []), merged(values.map(shapeOf))]);
  }
  const text = [...found].map(([name, shapes]) =>
    [name, ...merged(shapes).map((line) => `  ${line}`)].join('\n'),
  );
  await expect(`${text.join('\n\n')}\n`).toMatchFileSnapshot('./json.txt');
}, 90_000);
