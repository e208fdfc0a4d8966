import { expect, test } from 'vitest';
import { parseLitestreamConfig } from '../../src/config/litestream/parse.ts';
import { replicaAt } from '../../src/config/litestream/url-alone.ts';
import { LfsbError } from '../../src/errors/index.ts';

const surroundings = { env: { HOST: 'h' }, home: '/home/op', cwd: '/srv', pid: 42, expandEnv: false };

const configured = (url: string) => {
  const text = JSON.stringify({ dbs: [{ path: 'app.db', replicas: [{ url }] }] });
  return parseLitestreamConfig('my.yml', text, surroundings).config.databases[0]!.replicas[0]!;
};

test.each([
  's3://bkt/a/b',
  's3://bkt.s3.eu-west-1.amazonaws.com/a',
  's3://bkt/a?endpoint=http://127.0.0.1:9000&region=x&forcePathStyle=true',
  'sftp://me:word@host:2222/srv/a',
  'sftp://host/~/a',
  'file:///backup/a%20b',
  'file://relative',
  '~/backup',
  '/backup/app.db',
  'file:///$HOST/a',
])('%s alone is the replica that a configuration would have of it', (url) => {
  const { place: _, ...replica } = replicaAt(url, surroundings);
  expect(configured(url)).toMatchObject(replica);
  expect(Object.isFrozen(replica.target)).toBe(true);
});

test.each([
  'gs://bkt/a',
  's3://a_b/c',
  's3://bkt/a b',
  's3://bkt/a?foo=1',
  'sftp://me:word@host',
  'file:///',
  'file://%zz',
  '~other/backup',
])('%s is refused as a configuration would be, without the URL, which may hold a password', (url) => {
  const refusal = (work: () => unknown): string => {
    try {
      work();
    } catch (error) {
      if (error instanceof LfsbError && error.code === 'ECONFIG') return error.message;
    }
    throw new Error('it is not refused');
  };
  const why = refusal(() => configured(url)).replace(
    /^my\.yml:\d+:\d+: dbs\[0\]\.replicas\[0\](\.url)?: /,
    '',
  );
  expect(refusal(() => replicaAt(url, surroundings))).toBe(`the URL of the replica: ${why}`);
});
