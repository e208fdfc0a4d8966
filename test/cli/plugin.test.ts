import { cpSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { lfsb } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';

const project = fileURLToPath(new URL('../..', import.meta.url));
const NAME = 'lfsb-plugin-freshness';

/** The example in a folder of its own, as `npm install` leaves one, and a data folder that names it. */
function installed(): Record<string, string> {
  const folder = tempDir();
  const root = join(folder, NAME);
  cpSync(join(project, 'examples/plugin-freshness'), root, { recursive: true });
  mkdirSync(join(root, 'node_modules'));
  symlinkSync(project, join(root, 'node_modules/lfsb'));
  symlinkSync(join(project, 'node_modules/@oclif'), join(root, 'node_modules/@oclif'));
  mkdirSync(join(folder, 'lfsb'));
  const plugins = [{ type: 'link', name: NAME, root }];
  writeFileSync(join(folder, 'lfsb/package.json'), JSON.stringify({ oclif: { plugins } }));
  return { XDG_DATA_HOME: folder };
}

test("somebody else's command uses the client, and is one of ours in help, errors and completion", async () => {
  await using server = await TestServer.start();
  const env = { ...installed(), LFSB_ENDPOINT: server.url, LFSB_CLUSTER: 'shop' };
  const path = join(server.dataPath, 'a.db');
  writeFileSync(path, sqliteImage());
  expect((await lfsb(['import', 'a.db', path], { env })).code).toBe(0);
  const fresh = await lfsb(['freshness', 'a.db'], { env });
  expect(fresh).toMatchObject({ code: 0, stdout: 'a.db: fresh\n', stderr: '' });
  const json = await lfsb(['freshness', 'a.db', '--json'], { env });
  expect(JSON.parse(json.stdout)).toEqual({
    database: 'a.db',
    lagSeconds: expect.any(Number),
    drillSeconds: null,
  });
  const unproven = await lfsb(['freshness', 'a.db', '--drill', '60'], { env });
  expect(unproven.code).toBe(6);
  expect(unproven.stderr).toMatch(/^Error: no drill of a\.db has passed in 60 s/);
  expect((await lfsb(['verify', 'a.db'], { env })).code).toBe(0);
  expect(await lfsb(['freshness', 'a.db', '--drill', '60'], { env })).toMatchObject({ code: 0 });
  expect((await lfsb(['help'], { env })).stdout).toContain('freshness');
  expect((await lfsb(['completion', 'bash'], { env })).stdout).toContain("'freshness'");
  const without = await lfsb(['freshness', 'a.db'], { env: { ...env, XDG_DATA_HOME: tempDir() } });
  expect(without.code).toBe(2);
});
