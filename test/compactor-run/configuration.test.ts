import { describe, expect, it } from 'vitest';
import { planStorage } from '../../src/compactor/run/open-storage.ts';
import { type Environment, loadConfig } from '../../src/config/index.ts';
import { LfsbError } from '../../src/errors/index.ts';

const storageOf = (env: Environment) => planStorage(loadConfig(env).config.storage, '/data/store');

function refusal(env: Environment): string {
  try {
    storageOf(env);
    return 'taken';
  } catch (error) {
    if (error instanceof LfsbError && error.code === 'ECONFIG') return error.message;
    throw error;
  }
}

const KEYS = { AWS_ACCESS_KEY_ID: 'key', AWS_SECRET_ACCESS_KEY: 'hush' };

describe('where transactions go', () => {
  it('is store/ in the data directory when nothing is said', () => {
    expect(storageOf({}).replicas).toEqual([{ name: 'store', url: 'file:///data/store', required: true }]);
  });

  it('is the bucket of BUCKET_NAME, with the keys in either spelling', () => {
    const env = { BUCKET_NAME: 'backups', AWS_ACCESS_KEY: 'key', AWS_SECRET_KEY: 'hush', AWS_REGION: 'eu' };
    const { replicas, config } = storageOf(env);
    expect(replicas).toEqual([{ name: 's3://backups', url: 's3://backups', required: true }]);
    expect(config.s3).toMatchObject({ accessKeyId: 'key', secretAccessKey: 'hush', region: 'eu' });
  });

  it('is what LFSB_REPLICAS lists, the first of which is required', () => {
    const { replicas } = storageOf({ ...KEYS, LFSB_REPLICAS: 's3://backups/prod/,file:///mnt/b' });
    expect(replicas.map(({ name, required }) => [name, required])).toEqual([
      ['s3://backups/prod', true],
      ['file:///mnt/b', false],
    ]);
  });

  it.each<[string, Environment, string]>([
    ['keys and no bucket', KEYS, 'AWS_ACCESS_KEY_ID'],
    ['an endpoint and no bucket', { AWS_ENDPOINT_URL_S3: 'http://s3' }, 'AWS_ENDPOINT_URL_S3'],
    ['keys beside directories', { ...KEYS, LFSB_REPLICAS: 'file:///b' }, 'AWS_ACCESS_KEY_ID'],
    ['a bucket twice', { BUCKET_NAME: 'b-b', LFSB_REPLICAS: 's3://b-b' }, 'BUCKET_NAME and LFSB_REPLICAS'],
    [
      'two keys',
      { BUCKET_NAME: 'bbb', ...KEYS, AWS_ACCESS_KEY: 'other' },
      'AWS_ACCESS_KEY_ID and AWS_ACCESS_KEY',
    ],
    ['two secrets', { BUCKET_NAME: 'bbb', ...KEYS, AWS_SECRET_KEY: 'other' }, 'AWS_SECRET_KEY are both set'],
    ['half a key', { BUCKET_NAME: 'bbb', AWS_ACCESS_KEY: 'key' }, 'AWS_SECRET_ACCESS_KEY is missing'],
    ['a prefix in the name', { BUCKET_NAME: 'bbb/prod' }, 'BUCKET_NAME=bbb/prod'],
    ['an empty entry', { LFSB_REPLICAS: 'file:///b,,file:///c' }, 'LFSB_REPLICAS'],
    ['a replica twice', { LFSB_REPLICAS: 'file:///b,file:///b/' }, 'LFSB_REPLICAS'],
    ['a relative path', { LFSB_REPLICAS: 'file:b' }, 'file:b'],
    ['another scheme', { LFSB_REPLICAS: 'ftp://b' }, 'ftp:'],
    ['intervals that do not divide', { LFSB_LEVELS: '1:10s:1h,2:15s:72h' }, 'LFSB_LEVELS'],
    ['no duration', { LFSB_SNAPSHOT: '1day:30d' }, 'LFSB_SNAPSHOT'],
    ['no size', { LFSB_LEVEL0_BYTES: 'much' }, 'LFSB_LEVEL0_BYTES'],
  ])('%s is refused by name', (_what, env, named) => {
    expect(refusal(env)).toContain(named);
  });

  it('says no secret, whatever is wrong', () => {
    expect(refusal({ BUCKET_NAME: 'bbb', ...KEYS, AWS_SECRET_KEY: 'other' })).not.toMatch(/hush|other/);
    expect(refusal({ LFSB_REPLICAS: 's3://key:hush@bucket' })).not.toContain('hush');
  });
});
