import { describe, expect, test } from 'vitest';
import { linesOf } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Site } from './site.ts';

describe('replicate on the command line', () => {
  test('a database without the URL of a replica is told, and nothing is made', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    for (const args of [['app.db'], ['app.db', '-once']]) {
      expect(await site.run(['replicate', ...args])).toMatchObject({
        code: 2,
        stderr: expect.stringMatching(/^Error: no replica for app\.db \[EUSAGE\]\n {2}give the URL of one/),
      });
    }
  });

  test('--json gives each line of the log as JSON', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    const { code, stdout } = await site.run(['replicate', '-config', site.config, '-once', '--json']);
    expect(code).toBe(0);
    const lines = linesOf(stdout).map((line) => JSON.parse(line) as { msg: string });
    expect(lines.map(({ msg }) => msg)).toContain('replicating');
  });
});
