import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect, test } from 'vitest';
import { DEFAULT_STORAGE } from '../../src/config/index.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { against } from './support/against.ts';
import { Shapes } from './support/shape.ts';

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
  const shapes = new Shapes();
  for (const args of commands) {
    const result = await run([...args, '--json']);
    expect([result.code, args]).toEqual([args.includes('-e') ? 5 : 0, args]);
    const name = [
      args[0] === 'ltx' || args[1] === 'show' || args[1] === 'verify' ? args.slice(0, 2) : args[0],
    ]
      .flat()
      .concat(
        args.includes('--check') ? ['--check'] : args.includes('-o') && args[0] === 'restore' ? ['-o'] : [],
      )
      .join(' ');
    shapes.add(result.code === 5 ? 'an error' : name, result);
  }
  await expect(shapes.toString()).toMatchFileSnapshot('./json.txt');
});
