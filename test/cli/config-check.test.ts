import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lfsb, linesOf } from '../support/cli.ts';
import { tempDir } from '../support/temp-dir.ts';

const file = async (text: string): Promise<string> => {
  const path = join(tempDir(), 'litestream.yml');
  await writeFile(path, text);
  return path;
};

const GOOD = `addr: ":9090"
exec: myapp
dbs:
  - path: /data/app.db
    replicas:
      - url: sftp://op:hunter2@nas:2222/srv/app.db
        retention: 24h
        sync-interval: 5m
        validation-interval: 1h
        key-path: ~/.ssh/lfsb
      - url: s3://bkt/app.db
        access-key-id: AKID
        secret-access-key: hunter2
        snapshot-interval: 1h30m
        part-size: 5MB
`;

describe('config check', () => {
  test('says in words what will be done, and warns by name and place', async () => {
    const path = await file(GOOD);
    const { code, stdout, stderr } = await lfsb(['config', 'check', path]);
    expect(code).toBe(0);
    expect(stdout).toBe(`${path}: ok, 1 database
runs "myapp" beside, and ends with it
serves metrics on :9090
logs from info up as text to standard output

/data/app.db
  looks for changes every 1s
  checkpoints when the WAL has 1000 pages, or 1m after the last change
  waits up to 1s for a lock
  keeps its log and state in /data/.app.db-lfsb
  sftp: sftp://op@nas:2222/srv/app.db (must have a sync before it counts as stored)
    a restore point every 5m with changes, each for 24h
    a snapshot as often as the retention asks for
    restored and compared every 1h
    logs in with the key ~/.ssh/lfsb, or a password
    trusts the host key in ~/.ssh/known_hosts, where the first one is remembered; another one is refused
  s3: s3://bkt/app.db (follows the first one)
    a restore point every 1s with changes, each for 24h
    a snapshot every 1h30m
    never restored to prove it: set validation-interval
    at Amazon's
    with the access key AKID
`);
    expect(stderr).toBe(
      `Warning: ${path}:15:9: dbs[0].replicas[1].part-size: has no effect: parts are sized by the object\n`,
    );
  });

  test('gives the same as JSON, without the secrets', async () => {
    const path = await file(GOOD);
    const { code, stdout, stderr } = await lfsb(['config', 'check', '-config', path, '--json']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).not.toContain('hunter2');
    expect(JSON.parse(stdout)).toMatchObject({
      kind: 'replicate',
      path,
      warnings: [{ line: 15, column: 9, setting: 'dbs[0].replicas[1].part-size' }],
      config: {
        databases: [{ path: '/data/app.db', replicas: [{ target: { password: '***' } }, { name: 's3' }] }],
      },
    });
  });

  test('exits 2 for one that is wrong, and tells all that is, with places', async () => {
    const path = await file('dbs:\n  - path: /a\n    busy-timeout: 5\n    replica: {type: gs, bucket: b}\n');
    const { code, stdout, stderr } = await lfsb(['config', 'check', path]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(linesOf(stderr)).toEqual([
      expect.stringContaining(`${path}:4:21: dbs[0].replica.type: gs: Google Cloud Storage is not supported`),
      expect.stringContaining(`${path}:3:19: dbs[0].busy-timeout: 5 has no unit: write 5s, 5m or 5h`),
    ]);
    const json = await lfsb(['config', 'check', path, '--json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'ECONFIG' } });
  });

  test('takes the file that the environment names, and says which; none is an error with a hint', async () => {
    const path = await file(GOOD);
    const found = await lfsb(['config', 'check'], { env: { LFSB_CONFIG: '', LITESTREAM_CONFIG: path } });
    expect(linesOf(found.stdout)[0]).toBe(`${path}: ok, 1 database`);
    const missing = await lfsb(['config', 'check', '/no/such.yml']);
    expect(missing).toMatchObject({ code: 2, stderr: expect.stringContaining('/no/such.yml') });
  });

  test('tells the file of the server by what is in it, and checks its levels and places too', async () => {
    const path = await file(
      'bind: 127.0.0.1:2200\nreplicas:\n  - url: sftp://op@nas/srv\nsftp: {password: hunter2}\nlevels:\n  - {level: 1, interval: 10s, retention: 2h}\nsnapshot: {interval: 1h, retention: 24h}\n',
    );
    const { code, stdout } = await lfsb(['config', 'check', path]);
    expect(code).toBe(0);
    expect(linesOf(stdout)).toEqual(
      expect.arrayContaining([
        `${path}: ok, for the server`,
        'listens on 127.0.0.1, port 2200',
        'stores on sftp://op@nas/srv, and waits for it',
        'a restore point every 10s for 2h (level 1)',
        'a restore point every 1h for 24h (level 9)',
      ]),
    );
    const json = await lfsb(['config', 'check', path, '--json']);
    expect(json.stdout).not.toContain('hunter2');
    expect(JSON.parse(json.stdout)).toMatchObject({
      kind: 'serve',
      config: { replicas: [{ required: true }] },
    });
    const wrong = await lfsb(['config', 'check', await file('bind: here\nreplicas: [{url: "gs://b"}]\n')]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/litestream\.yml:1:7: bind: /) });
  });
});
