import { describe, expect, it } from 'vitest';
import { planStorage } from '../../src/compactor/run/open-storage.ts';
import { type Environment, loadConfig, type ServerConfig } from '../../src/config/index.ts';
import { LfsbError } from '../../src/errors/index.ts';

const PATH = '/etc/server.yml';
const KEYS = 's3: {access-key-id: key, secret-access-key: hush}\n';

const configOf = (text: string, env: Environment = {}): ServerConfig =>
  loadConfig(env, {}, false, { path: PATH, text }).config;

/** What is said of a file: by reading it, or by planning storage with it. */
function refusal(text: string, env: Environment = {}): string {
  try {
    planStorage(configOf(text, env).storage, '/data/store');
    return 'taken';
  } catch (error) {
    if (error instanceof LfsbError && error.code === 'ECONFIG') return error.message;
    throw error;
  }
}

const WHOLE = `
data: /var/lib/lfsb
bind: 127.0.0.1:2300
ingest-bytes-max: 2GiB
level0-bytes: 512MiB
sentry-dsn: https://key@sentry.example/1
log:
  level: warn
  format: json
replicas:
  - url: s3://backups/\${STAGE}
  - bucket: more
    prefix: prod
    required: true
  - url: file:///mnt/backup
s3:
  endpoint: https://s3.example
  region: eu
  access-key-id: key
  secret-access-key: \${SECRET}
levels:
  - {level: 1, interval: 30s, retention: 2h}
  - {level: 3, interval: 30m, retention: 48h}
snapshot: {interval: 12h, retention: 240h}
bandwidth: {upload: 10MiB, download: 1GiB}
`;
const ENV = { STAGE: 'prod', SECRET: 'hush' };

describe('a configuration file', () => {
  it('sets all there is', () => {
    const config = configOf(WHOLE, ENV);
    expect(config).toMatchObject({
      dataPath: '/var/lib/lfsb',
      bind: { host: '127.0.0.1', port: 2300 },
      ingestBytesMax: 2 * 1024 ** 3,
      logLevel: 'warn',
      logFormat: 'json',
      sentryDsn: 'https://key@sentry.example/1',
    });
    expect(config.storage).toMatchObject({
      s3: { endpoint: 'https://s3.example', region: 'eu', accessKeyId: 'key', secretAccessKey: 'hush' },
      level0BytesMax: 512 * 1024 ** 2,
      levels: '1:30s:2h,3:30m:48h',
      snapshot: '12h:240h',
      bandwidth: { uploadBytesPerSecond: 10 * 1024 ** 2, downloadBytesPerSecond: 1024 ** 3 },
    });
    expect(planStorage(config.storage, '/data/store').replicas).toEqual([
      { name: 's3://backups/prod', url: 's3://backups/prod', required: false },
      { name: 's3://more/prod', url: 's3://more/prod', required: true },
      { name: 'file:///mnt/backup', url: 'file:///mnt/backup', required: false },
    ]);
  });

  it('may be empty', () => {
    expect(configOf('')).toMatchObject({ dataPath: './lfsb-data', storage: { replicas: [] } });
  });

  it.each<[string, Environment, object]>([
    ['an address', { LFSB_BIND: ':1' }, { bind: { port: 1 }, dataPath: '/var/lib/lfsb' }],
    ['levels', { LFSB_LEVELS: '1:1m:2h' }, { storage: { levels: '1:1m:2h', snapshot: '12h:240h' } }],
    [
      'replicas',
      { LFSB_REPLICAS: 's3://other' },
      { storage: { replicas: ['s3://other'], required: undefined } },
    ],
    ['a bucket', { BUCKET_NAME: 'other' }, { storage: { replicas: ['s3://other'], required: undefined } }],
    [
      'a key and its secret',
      { AWS_ACCESS_KEY: 'own', AWS_SECRET_KEY: 'own' },
      { storage: { s3: { accessKeyId: 'own', secretAccessKey: 'own', region: 'eu' } } },
    ],
  ])('yields to the environment: %s', (_what, env, expected) => {
    expect(configOf(WHOLE, { ...ENV, ...env })).toMatchObject(expected);
  });

  it('never mixes a key of one with the secret of the other', () => {
    expect(refusal(WHOLE, { ...ENV, AWS_ACCESS_KEY: 'own' })).toContain('AWS_SECRET_ACCESS_KEY is missing');
  });

  it.each([
    ['an unknown setting', 'bind: ":1"\nbnid: ":2"\n', '2:7: bnid: is no setting of the server'],
    ['one of a mapping', 'log:\n  levle: info\n', '2:10: log.levle: is no setting'],
    ['one of a replica', 'replicas:\n  - url: file:///b\n    path: x\n', '3:11: replicas[0].path: is no'],
    [
      'one of a level',
      'levels: [{level: 1, interval: 10s, retention: 1h, x: 1}]',
      'levels[0].x: is no setting',
    ],
    ['a file for the agent', 'dbs: []\n', 'replicated by "lfsb replicate"'],
    ['an address that is none', 'bind: 2200\n', '1:7: bind: bind=2200 is not an address'],
    ['a size that is none', 'level0-bytes: much\n', '1:15: level0-bytes: '],
    ['a level of the log', 'log: {level: loud}\n', 'log.level: level=loud is not one of'],
    ['a setting twice', 'bind: ":1"\nbind: ":2"\n', `${PATH}:2:1: `],
    ['what is no YAML', 'bind: [\n', `${PATH}:`],
    ['a list', '- bind\n', 'not a mapping of settings'],
    ['a variable that is not set', `data: \${NOWHERE}\n`, '1:7: data: the variable NOWHERE is not set'],
    ['a replica that is nowhere', 'replicas:\n  - required: true\n', '2:5: replicas[0]: has no url'],
    ['a bucket that is none', 'replicas: [{bucket: A/b}]\n', 'replicas[0].bucket: '],
    ['a scheme', 'replicas: [{url: ftp://b}]\n', `${PATH}:1:11: replicas: replica "ftp://b"`],
    ['a replica twice', 'replicas: [{url: file:///b}, {url: file:///b}]\n', 'twice'],
    ['no required one', 'replicas: [{url: file:///b, required: false}]\n', 'none that is required'],
    ['a level without times', 'levels: [{level: 1}]\n', 'levels[0]: has no interval'],
    [
      'intervals that do not divide',
      '\nlevels:\n  - {level: 1, interval: 10s, retention: 1h}\n  - {level: 2, interval: 15s, retention: 72h}\n',
      `${PATH}:3:3: levels: LFSB_LEVELS=1:10s:1h,2:15s:72h: the interval of level 1`,
    ],
    [
      'a retention that is too short',
      'snapshot: {interval: 240h, retention: 1h}\nlevels: [{level: 1, interval: 10s, retention: 1h}]\n',
      'retention of level 1',
    ],
    ['a duration that is none', 'snapshot: {interval: 1day, retention: 30d}\n', '"1day" is not a duration'],
    ['keys and no bucket', KEYS, 'AWS_ACCESS_KEY_ID is set, but no bucket is'],
    [
      'half a key',
      's3: {access-key-id: key}\nreplicas: [{bucket: bbb}]\n',
      'AWS_SECRET_ACCESS_KEY is missing',
    ],
    ['no bandwidth', 'bandwidth: {upload: 0}\n', 'bandwidth.upload: '],
  ])('%s is refused by name and place', (_what, text, said) => {
    expect(refusal(text)).toContain(said);
  });

  it('tells everything that is wrong at once', () => {
    expect(refusal('bind: 1\nlog: {level: loud}\nnothing: 1\n').split('\n')).toHaveLength(3);
  });
});
