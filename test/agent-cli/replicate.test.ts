import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { rowsOf, Site, until } from './site.ts';

/** `lfsb replicate` as a process, which is gone when the test ends. */
class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(site: Site, args: readonly string[]) {
    this.child = spawn(process.execPath, [LFSB, 'replicate', '-config', site.config, ...args], {
      cwd: site.folder,
      env: { ...process.env, NO_COLOR: '1' },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }
}

async function restored(site: Site, point: readonly string[] = []): Promise<string[]> {
  const out = join(site.folder, 'restored.db');
  const run = await site.run(['restore', '-o', out, '--force', site.replica(), ...point]);
  expect(run).toMatchObject({ code: 0 });
  return rowsOf(out);
}

/** Slow enough that only a last sync stores what comes after the first. */
const SLOW = '{name: replica, path: replica, sync-interval: 1h}';

describe('replicate', () => {
  test('-once syncs, stores and ends, and fails where it could not store', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    expect(await site.once()).toMatchObject({ code: 0 });
    expect(await restored(site)).toEqual(['one']);
    const blocked = new Site(tempDir());
    blocked.commit('one');
    writeFileSync(blocked.replica(), 'a file where the folder should be');
    expect(await blocked.once()).toMatchObject({
      code: 5,
      stderr: expect.stringContaining('not all is stored'),
    });
  });

  test('a database and URLs do without a configuration', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    const run = await site.run(['replicate', '-once', site.db, `file://${site.replica()}`]);
    expect(run).toMatchObject({ code: 0, stderr: 'configuration: the command line\n' });
    expect(await restored(site)).toEqual(['one']);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('stores what there is on %s, and exits 0', async (signal) => {
    const site = new Site(tempDir(), [SLOW]);
    site.commit('one');
    const agent = new Running(site, []);
    await until(() => agent.output.includes('replicating'));
    site.commit('two');
    agent.child.kill(signal);
    expect(await agent.ended).toBe(0);
    expect(await restored(site)).toEqual(['one', 'two']);
  });

  test('-exec ends as its command does, after a last sync', async () => {
    const site = new Site(tempDir(), [SLOW]);
    site.commit('one');
    const insert = `sqlite3 ${site.db} "INSERT INTO t VALUES ('by the child')"; exit 7`;
    writeFileSync(join(site.folder, 'child.sh'), insert);
    const agent = new Running(site, ['-exec', 'sh child.sh']);
    expect(await agent.ended).toBe(7);
    expect(await restored(site)).toEqual(['one', 'by the child']);
  });

  test('-exec passes signals on', async () => {
    const site = new Site(tempDir(), [SLOW]);
    site.commit('one');
    const ready = join(site.folder, 'ready');
    writeFileSync(
      join(site.folder, 'child.sh'),
      `trap 'sqlite3 ${site.db} "INSERT INTO t VALUES (\\"on TERM\\")" || exit 1; exit 3' TERM\ntouch ${ready}\nwhile :; do sleep 0.1; done`.replaceAll(
        '\\"',
        "'\\''",
      ),
    );
    const agent = new Running(site, ['-exec', 'sh child.sh']);
    await until(() => existsSync(ready));
    agent.child.kill('SIGTERM');
    expect({ code: await agent.ended, output: agent.output }).toMatchObject({ code: 3 });
    expect(await restored(site)).toEqual(['one', 'on TERM']);
  });

  test("leaves Litestream's generations and its folder alone, and takes over from it", async () => {
    const site = new Site(tempDir());
    site.commit('one');
    const theirs = [
      join(site.replica(), 'generations', 'b16ddcf5c697540f'),
      join(site.folder, '.app.db-litestream'),
    ];
    for (const folder of theirs) {
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, '00000000.snapshot.lz4'), 'theirs');
    }
    for (const value of ['two', 'three']) {
      site.commit(value);
      expect(await site.once()).toMatchObject({ code: 0 });
    }
    for (const folder of theirs) {
      expect(readdirSync(folder)).toEqual(['00000000.snapshot.lz4']);
      expect(readFileSync(join(folder, '00000000.snapshot.lz4'), 'utf8')).toBe('theirs');
    }
    expect(await restored(site)).toEqual(['one', 'two', 'three']);
  });

  test('where the log was lost it goes on behind what the replica holds', async () => {
    const site = new Site(tempDir());
    for (const value of ['one', 'two', 'three']) {
      site.commit(value);
      expect(await site.once()).toMatchObject({ code: 0 });
    }
    const kept = readdirSync(join(site.replica(), '1'));
    rmSync(join(site.folder, '.app.db-lfsb'), { recursive: true });
    site.commit('four');
    const again = await site.once();
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toContain('an earlier history is there');
    const now = readdirSync(join(site.replica(), '1'));
    expect(now).toEqual(expect.arrayContaining(kept));
    expect(now).toContain('0000000000000001-0000000000000004.ltx');
    expect(await restored(site)).toEqual(['one', 'two', 'three', 'four']);
    expect(await restored(site, ['--txid', '0x2'])).toEqual(['one', 'two']);
  });

  test('a copy of the replica, made while it runs, restores', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    const agent = new Running(site, []);
    await until(
      () =>
        existsSync(join(site.replica(), '1')) &&
        readdirSync(join(site.replica(), '1')).some((name) => name.endsWith('.ltx')),
    );
    const copy = join(site.folder, 'copy');
    cpSync(site.replica(), copy, { recursive: true });
    site.commit('two');
    const run = await site.run(['restore', '-o', 'copy.db', copy]);
    expect(run).toMatchObject({ code: 0 });
    expect(rowsOf(join(site.folder, 'copy.db'))).toEqual(['one']);
    agent.child.kill('SIGTERM');
    expect(await agent.ended).toBe(0);
  });
});
