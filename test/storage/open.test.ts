import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openReplica, parseReplicaUrl, StorageMeter, s3SettingsFrom } from '../../src/storage/index.ts';
import { tempDir } from '../support/temp-dir.ts';
import { put, read } from './using.ts';

describe('the URL of a replica', () => {
  test.each([
    ['s3://bucket', { kind: 's3', bucket: 'bucket', prefix: '' }],
    ['s3://my.bucket-1/', { kind: 's3', bucket: 'my.bucket-1', prefix: '' }],
    ['s3://bucket/some/prefix/', { kind: 's3', bucket: 'bucket', prefix: 'some/prefix' }],
    ['file:///var/lib/backup', { kind: 'directory', path: '/var/lib/backup' }],
    ['file:///var/lib/back%20up/', { kind: 'directory', path: '/var/lib/back up' }],
    ['file://localhost/srv', { kind: 'directory', path: '/srv' }],
    ['sftp://host/a/b/', { kind: 'sftp', host: 'host', port: undefined, user: undefined, path: '/a/b' }],
    ['sftp://u%40d@[::1]:2222/a%20b', { kind: 'sftp', host: '::1', port: 2222, user: 'u@d', path: '/a b' }],
    ['sftp://me@nas/~/a', { kind: 'sftp', host: 'nas', port: undefined, user: 'me', path: 'a' }],
  ])('%s names a place', (url, place) => {
    expect(parseReplicaUrl(url)).toEqual(place);
  });

  test.each([
    ['', /not a URL/],
    ['/var/lib', /not a URL/],
    ['s3://', /bucket/],
    ['s3://b', /bucket/],
    ['s3://under_score/x', /bucket/],
    ['s3://bucket:9000/x', /bucket/],
    ['s3://bucket/a//b', /prefix/],
    ['s3://bucket/a b', /prefix/],
    ['s3://bucket/a?region=x', /follow/],
    ['file:relative', /absolute/],
    ['file://host/path', /absolute/],
    ['file:///', /directory/],
    ['sftp://host', /folder/],
    ['sftp://host/', /folder/],
    ['sftp://host/~', /folder/],
    ['sftp://host/a%2f..%2fb', /folder/],
    ['sftp:///path', /host is missing/],
    ['sftp://host/a%zz', /hex digits/],
    ['sftp://host/a?b', /follow/],
    ['https://host/path', /https:\/\/ is not supported/],
  ])('%s is refused by name', (url, why) => {
    expect(() => parseReplicaUrl(url)).toThrow(expect.objectContaining({ code: 'ECONFIG' }));
    expect(() => parseReplicaUrl(url)).toThrow(why);
  });

  test('with credentials is refused without repeating them', () => {
    for (const url of ['s3://key:secret@bucket/x', 'sftp://me:secret@host/x']) {
      expect(() => parseReplicaUrl(url)).toThrow(/^(?!.*secret).*environment/);
    }
  });
});

test('a replica is opened by its URL, metered', async () => {
  const meter = new StorageMeter();
  const bandwidth = { uploadBytesPerSecond: 1e9 };
  const replica = await openReplica(`file://${join(tempDir(), 'replica')}`, { meter, bandwidth });
  await put(replica, 'a/b', Buffer.from('x'));
  expect((await read(replica, 'a/b')).toString()).toBe('x');
  expect(meter.snapshot().operations.put.successes).toBe(1);
  await replica.close();
});

test('a bucket needs settings, but need not answer', async () => {
  await expect(openReplica('s3://bucket/prefix')).rejects.toMatchObject({ code: 'ECONFIG' });
  const s3 = s3SettingsFrom({ endpoint: 'http://127.0.0.1:9', accessKeyId: 'a', secretAccessKey: 'b' });
  await (await openReplica('s3://bucket/prefix', { s3 })).close();
});

test('S3 settings have defaults, and go by path where there is an endpoint', () => {
  expect(s3SettingsFrom({})).toEqual({
    endpoint: null,
    region: 'us-east-1',
    credentials: null,
    forcePathStyle: false,
  });
  const given = { endpoint: 'http://store:1', accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' };
  expect(s3SettingsFrom(given)).toMatchObject({
    forcePathStyle: true,
    credentials: { accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
  });
  expect(() => s3SettingsFrom({ accessKeyId: 'a' })).toThrow(/together/);
});
