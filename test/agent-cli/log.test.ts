import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { linesOf } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';
import { Site } from './site.ts';

test('log --db PATH tells and proves the log of a replicated database, without a server', async () => {
  const site = new Site(tempDir());
  for (const value of ['one', 'two']) {
    site.commit(value);
    await site.once();
  }
  const story = await site.run(['log', '--db', site.db]);
  expect(story).toMatchObject({ code: 0, stderr: '' });
  expect(linesOf(story.stdout)[0]).toContain('app.db: created');
  const [last] = linesOf((await site.run(['log', '--db', './app.db', '-n', '1', '--json'])).stdout);
  const { seq, body } = JSON.parse(last ?? '') as { seq: number; body: { db: string } };
  expect(body.db).toBe('app.db');
  const started = await site.run(['log', '--db', site.db, '--type', 'server.started', '--json']);
  expect(linesOf(started.stdout)).toHaveLength(2);
  expect(await site.run(['log', '--db', site.db, '--type', 'no.such'])).toMatchObject({ code: 2 });
  const shown = await site.run(['log', 'show', String(seq), '--db', site.db]);
  expect(JSON.parse(shown.stdout)).toMatchObject({ seq, body: { db: 'app.db' } });
  const proven = await site.run(['log', 'verify', '--db', site.db]);
  expect(proven).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+:[0-9a-f]{64}\n$/) });
  const kept = await site.run(['log', 'verify', '--db', site.db, '--expect', proven.stdout.trim()]);
  expect(kept).toMatchObject({ code: 0, stderr: expect.stringContaining('kept head') });
  const log = new Database(join(site.folder, '.app.db-lfsb', 'lfsb.db'));
  log.pragma('trusted_schema = OFF');
  for (const { name } of log.prepare("SELECT name FROM sqlite_schema WHERE type = 'trigger'").all() as {
    name: string;
  }[])
    log.exec(`DROP TRIGGER "${name}"`);
  log.prepare("UPDATE event SET canonical = replace(canonical, 'app.db', 'apq.db') WHERE seq = ?").run(seq);
  log.close();
  const broken = await site.run(['log', 'verify', '--db', site.db]);
  expect(broken).toMatchObject({ code: 6, stderr: expect.stringContaining('ELOGBROKEN') });
  expect(await site.run(['log', '--db', join(site.folder, 'no.db')])).toMatchObject({ code: 3 });
});

test('log -config finds the log where the configuration has it', async () => {
  const site = new Site(tempDir());
  const meta = join(site.folder, 'elsewhere');
  site.configure();
  const text = readFileSync(site.config, 'utf8');
  writeFileSync(site.config, text.replace('    replicas:', `    meta-path: ${meta}\n    replicas:`));
  site.commit('one');
  await site.once();
  expect(await site.run(['log', '--db', site.db])).toMatchObject({ code: 3 });
  for (const args of [['log'], ['log', 'verify'], ['log', 'show', '1']]) {
    const told = await site.run([...args, '-config', site.config, '--db', site.db]);
    expect(told).toMatchObject({ code: 0, stdout: expect.stringMatching(/./) });
    const refused = await site.run([...args, '-config', site.config]);
    expect(refused).toMatchObject({ code: 2, stderr: expect.stringContaining('--config') });
  }
});
