import { describe, expect, test } from 'vitest';
import { parseLitestreamConfig } from '../../src/config/litestream/parse.ts';
import type { ConfigSurroundings, LoadedAgentConfig } from '../../src/config/litestream/types.ts';
import { findingText } from '../../src/config/yaml/problems.ts';
import type { LfsbError } from '../../src/errors/index.ts';
import { parseReplicaUrl } from '../../src/storage/index.ts';

const HOUR = 3_600_000;

const surroundings: ConfigSurroundings = {
  env: { BUCKET: 'from-env', SECRET: 'hunter2', RETENTION: '48h' },
  home: '/home/op',
  cwd: '/srv',
  pid: 42,
  expandEnv: true,
};

const parse = (text: string, more: Partial<ConfigSurroundings> = {}): LoadedAgentConfig =>
  parseLitestreamConfig('my.yml', text, { ...surroundings, ...more });

/** What is refused, line by line. */
const refusals = (text: string): string[] => {
  try {
    parse(text);
    return [];
  } catch (error) {
    expect((error as LfsbError).code).toBe('ECONFIG');
    return (error as LfsbError).message.split('\n');
  }
};

const warnings = (text: string): string[] => parse(text).warnings.map((each) => findingText('my.yml', each));

/** A file of one database with one replica that has these lines. */
const withReplica = (...lines: string[]): string =>
  [
    'dbs:',
    '  - path: /data/app.db',
    '    replicas:',
    `      - ${lines[0]}`,
    ...lines.slice(1).map((line) => `        ${line}`),
    '',
  ].join('\n');

const replicaOf = (...lines: string[]): Record<string, unknown> => {
  const [database] = parse(withReplica(...lines)).config.databases;
  return database!.replicas[0] as unknown as Record<string, unknown>;
};

const SEED = `dbs:
  - path: /path/to/your/cache.db
    replicas:
      - url: sftp://user@replica-server/path/to/replica/cache.db
        retention: 24h
        sync-interval: 5m
        validation-interval: 1h
`;

describe('a litestream.yml of 0.3', () => {
  test('as the guide has it is taken unchanged, with its defaults filled in', () => {
    const { config, warnings: none, path } = parse(SEED);
    expect({ path, none }).toEqual({ path: 'my.yml', none: [] });
    expect(config).toEqual({
      addr: null,
      exec: null,
      logging: { level: 'info', format: 'text', stderr: false },
      databases: [
        {
          path: '/path/to/your/cache.db',
          metaPath: '/path/to/your/.cache.db-lfsb',
          monitorIntervalMs: 1_000,
          checkpointIntervalMs: 60_000,
          minCheckpointPages: 1_000,
          busyTimeoutMs: 1_000,
          place: { line: 2, column: 5 },
          replicas: [
            {
              name: 'sftp',
              url: 'sftp://user@replica-server/path/to/replica/cache.db',
              target: {
                type: 'sftp',
                host: 'replica-server',
                port: undefined,
                user: 'user',
                path: '/path/to/replica/cache.db',
                password: undefined,
                keyPath: undefined,
                passphrase: undefined,
                hostKeys: [],
                knownHostsPath: undefined,
              },
              retentionMs: 24 * HOUR,
              syncIntervalMs: 300_000,
              snapshotIntervalMs: null,
              validationIntervalMs: HOUR,
              place: { line: 4, column: 9 },
            },
          ],
        },
      ],
    });
  });

  test('has every setting honoured, with several replicas that differ', () => {
    const { config, warnings: none } = parse(`
addr: ":9090"
exec: myapp -p 80
access-key-id: AKID
secret-access-key: \${SECRET}
logging: {level: debug, type: json, stderr: true}
dbs:
  - path: ~/app.db
    meta-path: state
    monitor-interval: 500ms
    checkpoint-interval: 0s
    min-checkpoint-page-count: 2000
    busy-timeout: 5s
    replicas:
      - {type: s3, name: off-site, bucket: "\${BUCKET}", path: a/b, region: eu-1, endpoint: minio.example.net:9000, force-path-style: true, retention: $RETENTION}
      - {type: file, path: backup, sync-interval: 10s, snapshot-interval: 6h}
      - {type: sftp, host: "nas:2222", user: op, password: pa, key-path: ~/.ssh/k, host-key: ssh-ed25519 AAAA, path: /srv/app}
      - path: ./more
`);
    expect(none).toEqual([]);
    expect(config).toMatchObject({
      addr: ':9090',
      exec: 'myapp -p 80',
      logging: { level: 'debug', format: 'json', stderr: true },
    });
    const [database] = config.databases;
    expect(database).toMatchObject({
      path: '/home/op/app.db',
      metaPath: '/srv/state',
      monitorIntervalMs: 500,
      checkpointIntervalMs: null,
      minCheckpointPages: 2000,
      busyTimeoutMs: 5_000,
    });
    const [offSite, file, sftp, more] = database!.replicas;
    expect(offSite).toMatchObject({
      name: 'off-site',
      url: 's3://from-env/a/b',
      retentionMs: 48 * HOUR,
      target: {
        region: 'eu-1',
        endpoint: 'https://minio.example.net:9000',
        forcePathStyle: true,
        accessKeyId: 'AKID',
      },
    });
    expect(offSite!.target.type === 's3' && offSite!.target.secretAccessKey?.reveal()).toBe('hunter2');
    expect(file).toMatchObject({
      name: 'file',
      url: 'file:///srv/backup',
      syncIntervalMs: 10_000,
      snapshotIntervalMs: 6 * HOUR,
    });
    expect(sftp).toMatchObject({
      url: 'sftp://op@nas:2222/srv/app',
      target: { host: 'nas', port: 2222, keyPath: '~/.ssh/k', hostKeys: ['ssh-ed25519 AAAA'] },
    });
    expect(more).toMatchObject({ name: 'file-2', url: 'file:///srv/more' });
  });
});

test('a litestream.yml of 0.5 is taken, and what has no effect in it is told by name and place', () => {
  const text = `snapshot:
  interval: 12h
  retention: 168h
validation:
  interval: 6h
levels:
  - interval: 5m
l0-retention: 5m
region: eu-1
dbs:
  - path: /data/a.db
    restore-if-db-not-exists: true
    replica:
      url: s3://bkt/a
      part-size: 5MB
  - path: /data/b.db
    snapshot: {retention: 24h}
    replica:
      type: s3
      bucket: bkt
      path: b
      validation-interval: 0s
      sync-interval: 30s
`;
  const { config } = parse(text);
  expect(config.databases.map(({ replicas }) => replicas[0])).toMatchObject([
    {
      retentionMs: 168 * HOUR,
      snapshotIntervalMs: 12 * HOUR,
      validationIntervalMs: 6 * HOUR,
      syncIntervalMs: 1_000,
      target: { region: 'eu-1' },
    },
    {
      retentionMs: 24 * HOUR,
      snapshotIntervalMs: 12 * HOUR,
      validationIntervalMs: null,
      syncIntervalMs: 30_000,
      url: 's3://bkt/b',
    },
  ]);
  expect(
    warnings(text)
      .map((line) => line.split(': has')[0])
      .sort(),
  ).toEqual([
    'my.yml:12:5: dbs[0].restore-if-db-not-exists',
    'my.yml:15:7: dbs[0].replica.part-size',
    'my.yml:6:1: levels',
    'my.yml:8:1: l0-retention',
  ]);
});

describe('a replica is where its url says', () => {
  test.each([
    ['s3://bkt', { type: 's3', bucket: 'bkt', prefix: '' }],
    ['s3://bkt/a/b/', { type: 's3', bucket: 'bkt', prefix: 'a/b' }],
    ['s3://bkt.s3.amazonaws.com/a', { bucket: 'bkt', region: undefined, endpoint: undefined }],
    ['s3://bkt.s3.eu-west-1.amazonaws.com/a', { bucket: 'bkt', region: 'eu-west-1', endpoint: undefined }],
    [
      's3://bkt.nyc3.digitaloceanspaces.com/a',
      { bucket: 'bkt', endpoint: 'https://nyc3.digitaloceanspaces.com' },
    ],
    [
      's3://bkt.s3.us-west-002.backblazeb2.com/a',
      { bucket: 'bkt', region: 'us-west-002', endpoint: 'https://s3.us-west-002.backblazeb2.com' },
    ],
    ['s3://bkt.localhost:9000/a', { bucket: 'bkt', endpoint: 'http://localhost:9000', forcePathStyle: true }],
    [
      's3://bkt/a?endpoint=https://s3.example.net&region=x',
      { endpoint: 'https://s3.example.net', region: 'x' },
    ],
    ['file:///var/backup', { type: 'file', path: '/var/backup' }],
    ['file://relative/path', { type: 'file', path: '/srv/relative/path' }],
    ['/var/backup', { type: 'file', path: '/var/backup' }],
    ['sftp://h/a%20b', { type: 'sftp', host: 'h', path: '/a b', user: undefined }],
    ['sftp://u%40d@[::1]:2222/a', { host: '::1', port: 2222, user: 'u@d' }],
    ['sftp://h/~/a', { path: '/~/a' }],
  ])('%s', (url, target) => {
    expect(replicaOf(`url: ${url}`)['target']).toMatchObject(target);
  });

  test.each([
    's3://bkt/a.b/c~d',
    'file:///a%20b/c',
    './here',
    'sftp://u%40d@[::1]:2222//a//b/',
    'sftp://h/~/a%20b',
    'sftp://h/a%2520b',
  ])('%s, in a form that it can be opened by', (url) => {
    expect(parseReplicaUrl(String(replicaOf(`url: "${url}"`)['url']))).toMatchObject({
      kind: expect.stringMatching(/^(s3|directory|sftp)$/),
    });
  });

  test('and is shown without the password that may be in it', () => {
    const replica = replicaOf('url: sftp://u:hunter2@h/a');
    expect(replica['url']).toBe('sftp://u@h/a');
    expect(JSON.stringify(replica)).not.toContain('hunter2');
  });
});

describe('what cannot be is refused with its place', () => {
  test.each([
    [
      'a duration without a unit',
      withReplica('path: /b', 'retention: 24'),
      'my.yml:5:20: dbs[0].replicas[0].retention: 24 has no unit: write 24s, 24m or 24h',
    ],
    [
      'a retention of nothing',
      withReplica('path: /b', 'retention: 0s'),
      'my.yml:5:20: dbs[0].replicas[0].retention: 0s is no time at all: it has to be more than 0',
    ],
    [
      'Azure',
      withReplica('type: abs', 'bucket: b'),
      'my.yml:4:15: dbs[0].replicas[0].type: abs: Azure Blob Storage is not supported, only s3, sftp and file are',
    ],
    [
      'Google',
      withReplica('url: gcs://b/x'),
      'my.yml:4:14: dbs[0].replicas[0].url: gcs: Google Cloud Storage is not supported, only s3, sftp and file are',
    ],
    [
      'encryption that would be dropped',
      withReplica('path: /b', 'age: {recipients: [x]}'),
      /^my\.yml:5:14: .*\.age: encryption is not supported: the backups would be stored without it$/,
    ],
    [
      'certificates that are not verified',
      withReplica('url: s3://bkt', 'skip-verify: true'),
      /^my\.yml:5:22: .*certificates are always verified/,
    ],
    [
      'a key without its secret',
      withReplica('url: s3://bkt', 'access-key-id: a'),
      /^my\.yml:4:9: .*secret-access-key is missing/,
    ],
    [
      'a replica that is nowhere',
      withReplica('name: x'),
      'my.yml:4:9: dbs[0].replicas[0]: has neither a url nor a path',
    ],
    [
      "a type that is not the url's",
      withReplica('type: s3', 'url: /b'),
      /^my\.yml:4:15: .*is s3, and the url is one of type file/,
    ],
    [
      'a variable that is not set',
      withReplica(`url: s3://\${NOWHERE}/a`),
      'my.yml:4:14: dbs[0].replicas[0].url: the variable NOWHERE is not set',
    ],
    [
      'two replicas of one name',
      withReplica('path: /a', 'name: x\n      - path: /b\n        name: x'),
      /^my\.yml:7:15: .*is the name of another replica: x/,
    ],
    [
      'two replicas in one place',
      withReplica('path: /a\n      - url: file:///a'),
      /^my\.yml:5:9: .*is a second replica at file:\/\/\/a/,
    ],
    [
      'a sync longer than the retention',
      withReplica('path: /a', 'retention: 1m', 'sync-interval: 1h'),
      /^my\.yml:5:20: .*shorter than the sync-interval/,
    ],
    [
      'a prefix that no store has for sure',
      withReplica('url: s3://bkt/a%20b'),
      'my.yml:4:14: dbs[0].replicas[0].url: may have A-Z a-z 0-9 _ . ~ - between single slashes',
    ],
    [
      'a path that leads up',
      withReplica('type: sftp', 'host: h', 'path: a/../b'),
      'my.yml:6:15: dbs[0].replicas[0].path: may not go through . or ..',
    ],
    [
      'a database without a replica',
      'dbs:\n  - path: /a\n',
      'my.yml:2:5: dbs[0]: has no replica: nothing would be stored',
    ],
    [
      'a folder of databases',
      'dbs:\n  - dir: /data\n    replica: {path: /b}\n',
      /^my\.yml:2:10: dbs\[0\]\.dir: folders of databases are not supported/,
    ],
    ['no database', 'addr: ":1"\n', 'my.yml:1:1: there are no dbs: nothing to replicate'],
    ['an empty file', '', 'my.yml:1:1: there are no dbs: nothing to replicate'],
    ['a list', '- a\n', 'my.yml:1:1: not a mapping of settings'],
    ['what is no YAML', 'dbs:\n  - path: [\n', /^my\.yml:3:1: /],
    ['a setting twice', 'addr: a\naddr: b\ndbs: []\n', /^my\.yml:2:1: .*unique/],
    [
      'a count with a unit',
      'dbs:\n  - path: /a\n    min-checkpoint-page-count: 1k\n    replica: {path: /b}\n',
      /^my\.yml:3:32: .*is not a whole number from 1/,
    ],
    [
      'deleting left to the bucket',
      `retention: {enabled: false}\n${withReplica('path: /a')}`,
      /^my\.yml:1:22: retention\.enabled: /,
    ],
  ])('%s', (_, text, message) => {
    const told = refusals(text);
    expect(told).toEqual([message instanceof RegExp ? expect.stringMatching(message) : message]);
  });

  test('all at once, and two databases that share a place', () => {
    const text = `dbs:
  - {path: /a, replica: {path: /b, retention: x, sync-interval: y}}
  - {path: /a, replica: {path: /b}}
`;
    expect(refusals(text)).toEqual([
      expect.stringMatching(/^my\.yml:2:47: dbs\[0\]\.replica\.retention: "x" is not a duration/),
      expect.stringMatching(/^my\.yml:2:65: dbs\[0\]\.replica\.sync-interval: "y" is not a duration/),
      expect.stringMatching(/^my\.yml:3:12: dbs\[1\]\.path: is listed in line 2 already/),
      expect.stringMatching(/^my\.yml:3:5: dbs\[1\]: shares the replica file:\/\/\/b with \/a/),
    ]);
  });

  test('without telling a secret', () => {
    const text = withReplica('url: "sftp://u:hunter2@h"', 'password: [hunter2]', 'type: x');
    expect(refusals(text).join('\n')).not.toContain('hunter2');
    expect(refusals(text).length).toBeGreaterThan(0);
  });
});

test('what is no setting, or not one of this type, is told by name and place', () => {
  expect(
    warnings(withReplica('path: /b', 'retension: 24h', 'region: x', 'retention-check-interval: 1h')),
  ).toEqual([
    'my.yml:6:9: dbs[0].replicas[0].region: has no effect on a replica of type file',
    'my.yml:5:9: dbs[0].replicas[0].retension: is no setting: is it misspelled?',
    'my.yml:7:9: dbs[0].replicas[0].retention-check-interval: has no effect: what is past its retention goes as newer files replace it',
  ]);
});

test('text stays text, anchors and merges work, and expansion can be switched off', () => {
  const text = `x-common: &common
  retention: 12h
  password: 0123
dbs:
  - path: /a
    replica: {<<: *common, url: "sftp://h/a$b"}
`;
  const { config, warnings: told } = parse(text, { expandEnv: false });
  const [replica] = config.databases[0]!.replicas;
  expect(replica).toMatchObject({ retentionMs: 12 * HOUR, target: { path: '/a$b' } });
  expect(replica!.target.type === 'sftp' && replica!.target.password?.reveal()).toBe('0123');
  expect(told.map(({ setting }) => setting)).toEqual(['x-common']);
});

test('what was read cannot be changed, and does not show its secrets', () => {
  const loaded = parse(
    withReplica('url: s3://bkt/a', 'access-key-id: AKID', `secret-access-key: \${SECRET}`),
  );
  expect(() => Object.assign(loaded.config.databases[0]!.replicas[0]!, { retentionMs: 1 })).toThrow(
    TypeError,
  );
  expect(JSON.stringify(loaded)).not.toContain('hunter2');
});
