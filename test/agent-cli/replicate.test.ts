import { once } from 'node:events';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';
import { Running, restored, SLOW } from './running.ts';
import { rowsOf, Site, until } from './site.ts';

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

  test('-once exits as what was wrong with the database asks for', async () => {
    const site = new Site(tempDir());
    writeFileSync(site.db, 'no database'.repeat(1_000));
    expect(await site.once()).toMatchObject({ code: 4, stderr: expect.stringContaining('[EBADDATABASE]') });
    rmSync(site.db);
    site.commit('one');
    const agent = new Running(site, []);
    await until(() => agent.output.includes('replicating'));
    expect(await site.once()).toMatchObject({ code: 4, stderr: expect.stringContaining('[EDATADIR]') });
  });

  test('a port in use: exit 4', async () => {
    const taken = createServer();
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    onTestFinished(() => void taken.close());
    const site = new Site(tempDir());
    site.configure(`addr: 127.0.0.1:${(taken.address() as AddressInfo).port}\n`);
    site.commit('one');
    const agent = new Running(site, []);
    expect({ code: await agent.ended, output: agent.output }).toMatchObject({
      code: 4,
      output: expect.stringContaining('[EBIND]'),
    });
  });

  test('a database and URLs do without a configuration', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    const run = await site.run(['replicate', '-once', site.db, `file://${site.replica()}`]);
    expect(run).toMatchObject({ code: 0, stderr: 'configuration: the command line\n' });
    expect(await restored(site)).toEqual(['one']);
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

  test('a replica that is moved to another place is filled there, whatever its name', async () => {
    const site = new Site(tempDir());
    site.commit('one');
    expect(await site.once()).toMatchObject({ code: 0 });
    const moved = readFileSync(site.config, 'utf8').replace(`path: ${site.replica()}`, 'path: moved');
    writeFileSync(site.config, moved);
    site.commit('two');
    expect(await site.once()).toMatchObject({ code: 0 });
    const run = await site.run(['restore', '-o', 'moved.db', site.replica('moved')]);
    expect(run).toMatchObject({ code: 0 });
    expect(rowsOf(join(site.folder, 'moved.db'))).toEqual(['one', 'two']);
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
