import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { resolveHost } from '../../src/storage/sftp-host.ts';
import type { SftpLocation } from '../../src/storage/sftp-settings.ts';
import { findTool, requireTool } from '../support/requires.ts';
import { tempDir } from '../support/temp-dir.ts';

const ssh = findTool('ssh', []);

/** Files below a folder; `@/` in them stands for the folder. */
function put(files: Readonly<Record<string, string>>): string {
  const folder = tempDir();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text.replaceAll('@/', `${folder}/`));
  }
  return folder;
}

const at = (host: string): SftpLocation => ({ host, port: undefined, user: undefined, path: '/srv' });

async function found(configPath: string, host: string): Promise<object> {
  const { host: hostname, port, user } = await resolveHost(at(host), { configPath });
  return { hostname, port, user };
}

const FILES = {
  config: `
User everybody
Include @/config.d/* @/none "@/with space"
Host inside
  Include @/inside
  Port 2200
Host other
  include=@/inside # and on
Match host matched
  Include @/for-matched
  User after
Host *
  Port 2999
`,
  'config.d/10-first': 'Host first\n  HostName first.example\n  Port 2201\n',
  'config.d/20-second': 'Host second first\n  HostName second.example\n  Include @/deeper/[ab]?\n',
  'config.d/.hidden': 'Host hidden\n  HostName wrong.example\n',
  'deeper/a1': 'Port 2301\n',
  'deeper/c1': 'Port 2302\n',
  'with space': 'Host spaced\n  HostName spaced.example\n',
  inside: 'HostName inside.example\nHost first other\n  Port 2203\n',
  'for-matched': 'Port 2204\nHost nobody\n  HostName wrong.example\n',
};

requireTool('ssh', ssh)('Include of ~/.ssh/config', () => {
  test.each(['first', 'second', 'hidden', 'spaced', 'inside', 'other', 'matched', 'nobody', 'none'])(
    'says of the host %s what ssh says',
    async (host) => {
      const config = join(put(FILES), 'config');
      const said = execFileSync(ssh!, ['-G', '-F', config, host], {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      });
      const [, hostname] = /^hostname (.*)$/m.exec(said) ?? [];
      const [, port] = /^port (.*)$/m.exec(said) ?? [];
      const [, user] = /^user (.*)$/m.exec(said) ?? [];
      expect(await found(config, host)).toEqual({ hostname, port: Number(port), user });
    },
  );
});

describe('what is included', () => {
  const { HOME } = process.env;
  let home: string;
  beforeEach(() => {
    home = put({
      '.ssh/config': 'Include config.d/*.conf\nInclude ~/elsewhere\n',
      '.ssh/config.d/a.conf': 'Host alias\n  HostName alias.example\n',
      '.ssh/config.d/b.txt': 'Host alias\n  Port 1\n',
      elsewhere: 'Host alias\n  Port 2205\n',
    });
    process.env['HOME'] = home;
  });
  afterEach(() => {
    process.env['HOME'] = HOME;
  });

  test('is below ~/.ssh, or where ~ says', async () => {
    const { host, port } = await resolveHost(at('alias'), {});
    expect({ host, port }).toEqual({ host: 'alias.example', port: 2205 });
  });

  test('may be what leads elsewhere, and is refused then as anywhere', async () => {
    writeFileSync(join(home, 'elsewhere'), 'Host alias\n  ProxyJump other\n');
    await expect(found(join(home, '.ssh/config'), 'alias')).rejects.toMatchObject({ code: 'EINVALID' });
  });

  test('is read to a depth, and so many files', async () => {
    writeFileSync(join(home, 'elsewhere'), 'Include ~/elsewhere\n');
    await expect(found(join(home, '.ssh/config'), 'alias')).rejects.toThrow('17 deep');
    writeFileSync(join(home, 'elsewhere'), `Include ${'~/.ssh/config.d/a.conf '.repeat(300)}\n`);
    await expect(found(join(home, '.ssh/config'), 'alias')).rejects.toThrow('more than 256 files');
  });
});
