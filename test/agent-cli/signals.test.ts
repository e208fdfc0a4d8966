import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';
import { Running, restored, SLOW } from './running.ts';
import { Site, until } from './site.ts';

describe('replicate on a signal', () => {
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

  test('a signal that comes before it has begun is not lost: it stores what there is, and exits 0', async () => {
    const site = new Site(tempDir(), [SLOW]);
    site.commit('one');
    const config = readFileSync(site.config);
    rmSync(site.config);
    execFileSync('mkfifo', [site.config]);
    const agent = new Running(site, []);
    // Opened only when the agent begins to read it.
    const file = await open(site.config, 'w');
    agent.child.kill('SIGTERM');
    await file.writeFile(config);
    await file.close();
    expect({ code: await agent.ended, output: agent.output }).toMatchObject({ code: 0 });
    expect(await restored(site)).toEqual(['one']);
  });

  test.each([
    [[], 'SIGTERM'],
    [['-once'], 'SIGINT'],
  ] as const)(
    '%j ends at once with a second signal, where a replica does not answer',
    async (args, signal) => {
      const silent = createServer();
      await once(silent.listen(0, '127.0.0.1'), 'listening');
      onTestFinished(() => void silent.close());
      const url = `sftp://backup@127.0.0.1:${(silent.address() as AddressInfo).port}/app.db`;
      const site = new Site(tempDir(), [`{url: '${url}', password: x}`]);
      site.commit('one');
      const agent = new Running(site, args);
      await once(silent, 'connection');
      agent.child.kill(signal);
      await delay(1_200);
      agent.child.kill(signal);
      expect(await agent.ended).toBe(130);
    },
  );

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

  test('-exec passes every signal on, for as long as its command runs', async () => {
    const site = new Site(tempDir(), [SLOW]);
    site.commit('one');
    const [ready, heard] = [join(site.folder, 'ready'), join(site.folder, 'heard')];
    writeFileSync(
      join(site.folder, 'child.sh'),
      `trap 'echo >> ${heard}' TERM\ntrap 'exit 4' INT\ntouch ${ready}\nwhile :; do sleep 0.1; done`,
    );
    const agent = new Running(site, ['-exec', 'sh child.sh']);
    await until(() => existsSync(ready));
    agent.child.kill('SIGTERM');
    await until(() => existsSync(heard));
    await delay(1_200);
    agent.child.kill('SIGINT');
    expect({ code: await agent.ended, output: agent.output }).toMatchObject({ code: 4 });
  });
  test.each(['SIGHUP', 'SIGQUIT', 'SIGUSR1', 'SIGUSR2'] as const)(
    '-exec passes %s on, which means nothing to us',
    async (signal) => {
      const site = new Site(tempDir(), [SLOW]);
      site.commit('one');
      const [ready, heard] = [join(site.folder, 'ready'), join(site.folder, 'heard')];
      const trap = `trap 'echo >> ${heard}' ${signal.slice('SIG'.length)}`;
      writeFileSync(
        join(site.folder, 'child.sh'),
        `${trap}\ntrap 'exit 4' TERM\ntouch ${ready}\nwhile :; do sleep 0.1; done`,
      );
      const agent = new Running(site, ['-exec', 'sh child.sh']);
      await until(() => existsSync(ready));
      agent.child.kill(signal);
      await until(() => existsSync(heard));
      agent.child.kill('SIGTERM');
      expect({ code: await agent.ended, output: agent.output }).toMatchObject({ code: 4 });
      expect(await restored(site)).toEqual(['one']);
    },
  );
});
