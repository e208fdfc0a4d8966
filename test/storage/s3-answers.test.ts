import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { S3Replica } from '../../src/storage/s3.ts';
import { s3SettingsFor } from '../support/s3-server.ts';
import { type S3Proxy, startProxy } from './s3-proxy.ts';
import { code } from './using.ts';

/** Nothing is passed on here: the answers are made up. */
const NOWHERE = 'http://127.0.0.1:9';

describe('a store', () => {
  let proxy: S3Proxy;
  let replica: S3Replica;

  beforeEach(async () => {
    proxy = await startProxy(NOWHERE);
    const settings = s3SettingsFor(proxy.endpoint);
    replica = await S3Replica.open({ bucket: 'bucket', prefix: 'p', settings });
  });
  afterEach(async () => {
    await replica.close();
    await proxy.close();
  });

  test('tells for each key of a bulk deletion what came of it', async () => {
    const entry = (key: string, why: string): string =>
      `<Error><Key>p/${key}</Key><Code>${why}</Code></Error>`;
    const entries = [entry('b', 'AccessDenied'), entry('c', 'InternalError'), entry('d', 'NoSuchKey')].join(
      '',
    );
    const body = `<DeleteResult><Deleted><Key>p/a</Key></Deleted>${entries}</DeleteResult>`;
    proxy.intercept = () => ({ answer: 200, body });
    const outcomes = await replica.deleteMany(['a', 'b', 'c', 'd', 'e']);
    expect(outcomes.map(({ error }) => error?.code)).toEqual([
      undefined,
      'EDENIED',
      'EUNAVAILABLE',
      undefined,
      'EUNAVAILABLE',
    ]);
    proxy.intercept = () => ({ answer: 403, error: 'AccessDenied' });
    expect(await replica.deleteMany(['a'])).toMatchObject([{ error: { code: 'EDENIED' } }]);
  });

  test.each([
    [401, 'InvalidToken', 'EDENIED'],
    [403, 'SignatureDoesNotMatch', 'EDENIED'],
    [404, 'NoSuchBucket', 'EINVALID'],
    [404, 'NoSuchKey', 'ENOTSTORED'],
    [409, 'ConditionalRequestConflict', 'EUNAVAILABLE'],
    [429, 'TooManyRequests', 'EUNAVAILABLE'],
    [400, 'Strange', 'EINVALID'],
    [400, 'RequestTimeout', 'EUNAVAILABLE'],
    [500, 'InternalError', 'EUNAVAILABLE'],
    [501, 'NotImplemented', 'EINVALID'],
    [503, 'SlowDown', 'EUNAVAILABLE'],
  ])('that answers %i %s is %s', async (status, error, expected) => {
    proxy.intercept = () => ({ answer: status, error });
    expect(await code(replica.get('a'))).toBe(expected);
  });
});
