import { describe, expect, it } from 'vitest';
import { planStorage } from '../../src/compactor/run/open-storage.ts';
import { type Environment, loadConfig } from '../../src/config/index.ts';
import { AWS_VARIABLES } from '../../src/config/replicas.ts';

/** What a server says that starts like this; it reads the configuration before it does anything. */
function refusal(env: Environment): string {
  try {
    planStorage(loadConfig(env).config.storage, '/data/store');
    return 'taken';
  } catch (error) {
    expect(error).toMatchObject({ code: 'ECONFIG' });
    return (error as Error).message;
  }
}

/** `protocol.md`, Environment: what has to be refused at start, by name. */
describe('a wrong environment is refused by name', () => {
  it.each(AWS_VARIABLES)('%s without BUCKET_NAME', (name) => {
    const pair = /KEY/.test(name) ? { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b' } : {};
    const value = name === 'AWS_ENDPOINT_URL_S3' ? 'http://s3' : name.includes('SECRET') ? 'b' : 'a';
    expect(refusal({ ...pair, [name]: value })).toMatch(/^AWS_\w+ is set, but no bucket is/);
  });

  it('one that is not read, too: who sets it believes that backups go to a bucket', () => {
    expect(refusal({ AWS_PROFILE: 'backups' })).toMatch(/^AWS_PROFILE is set, but no bucket is/);
    expect(refusal({ AWS_PROFILE: 'backups', LFSB_REPLICAS: 'file:///b' })).toMatch(/^AWS_PROFILE is set/);
    expect(refusal({ AWS_PROFILE: '' })).toBe('taken');
    expect(refusal({ AWS_CA_BUNDLE: '/etc/ssl/ca.pem' })).toBe('taken');
    expect(refusal({ AWS_PROFILE: 'backups', BUCKET_NAME: 'bbb' })).toBe('taken');
  });

  it('BUCKET_NAME together with LFSB_REPLICAS', () => {
    expect(refusal({ BUCKET_NAME: 'bbb', LFSB_REPLICAS: 'file:///b' })).toBe(
      'BUCKET_NAME and LFSB_REPLICAS are both set',
    );
  });

  it.each([
    ['AWS_ACCESS_KEY_ID', 'AWS_ACCESS_KEY'],
    ['AWS_SECRET_ACCESS_KEY', 'AWS_SECRET_KEY'],
  ])('%s and %s that differ; the same twice is taken', (one, other) => {
    const keys = { BUCKET_NAME: 'bbb', AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'a' };
    expect(refusal({ ...keys, [other]: 'b' })).toBe(`${one} and ${other} are both set, and differ`);
    expect(refusal({ ...keys, [other]: 'a' })).toBe('taken');
  });

  it.each([
    ['LFSB_LEVELS', '1:10s:1h,2:15s:72h', 'does not divide'],
    ['LFSB_LEVELS', '1:10s:1h,2:10s:72h', 'does not divide'],
    ['LFSB_SNAPSHOT', '25m:720h', 'does not divide'],
    ['LFSB_LEVELS', '1:10s:9m,2:5m:72h,3:1h:720h', 'is less than two intervals of level 2'],
    ['LFSB_LEVELS', '1:10s:1h,2:5m:72h,3:1h:47h', 'is less than two intervals of level 9'],
    ['LFSB_LEVELS', '2:5m:72h', 'the first level is not 1'],
    ['LFSB_LEVELS', '1:10s:1h,3:1h:720h,2:5m:72h', 'the levels do not rise'],
    ['LFSB_LEVELS', '1:10s', 'not a duration'],
    ['LFSB_LEVELS', '1:5m junk:1h', 'not a duration'],
    ['LFSB_LEVELS', '1:10:1h', 'not a duration'],
    ['LFSB_LEVELS', '1:0s:1h', 'not a duration'],
    ['LFSB_LEVELS', '1:-10s:1h', 'not a duration'],
    ['LFSB_SNAPSHOT', '24h', 'not a duration'],
    ['LFSB_SNAPSHOT', '1.5d:720h', 'not a duration'],
    ['LFSB_SNAPSHOT', '24h:720h:1h', 'not an interval and a retention'],
  ])('%s=%s', (name, value, why) => {
    const said = refusal({ [name]: value });
    expect(said).toMatch(/^LFSB_(LEVELS|SNAPSHOT)=/);
    expect(said).toContain(why);
  });
});

describe('what is misspelled is warned about', () => {
  it.each(['LFSB_BUCKET', 'LFSB_REPLICA', 'LFSB_DATA'])('%s', (name) => {
    expect(loadConfig({ [name]: 'x' }).warnings).toEqual([expect.stringContaining(name)]);
  });

  it('and LFSB_CONFIG is none of them', () => {
    expect(loadConfig({ LFSB_CONFIG: '/etc/x.yml' }).warnings).toEqual([]);
  });
});
