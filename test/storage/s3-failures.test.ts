import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { sha256Hex, sourceOf } from '../../src/storage/bytes.ts';
import { withRetries } from '../../src/storage/retry.ts';
import { S3Replica } from '../../src/storage/s3.ts';
import { requireTool } from '../support/requires.ts';
import { S3_START_MS, type S3Server, s3SettingsFor, s3Tool, startS3Server } from '../support/s3-server.ts';
import { type S3Proxy, startProxy } from './s3-proxy.ts';
import { uploadsIn } from './s3-uploads.ts';
import { code, keysOf, META, put, read } from './using.ts';

const PART = 128 * 1024;
const LARGE = Buffer.alloc(5 * PART + 17, 'large ');
const SMALL = Buffer.from('small');

requireTool('radosgw', s3Tool)('an S3 store', () => {
  let server: S3Server;
  let bucket = '';
  let proxy: S3Proxy;
  let replica: S3Replica;

  const open = (): Promise<S3Replica> =>
    S3Replica.open({ bucket, prefix: 'p', settings: s3SettingsFor(proxy.endpoint), partBytes: PART });

  beforeAll(async () => {
    server = await startS3Server();
  }, S3_START_MS);
  afterAll(() => server?.stop());
  beforeEach(async () => {
    bucket = await server.bucket();
    proxy = await startProxy(server.settings.endpoint!);
    replica = await open();
  });
  afterEach(async () => {
    await replica.close();
    await proxy.close();
  });

  const onlyObjects = async (...keys: string[]): Promise<void> => {
    expect(await keysOf(replica, '')).toEqual(keys);
    expect(await uploadsIn(server, bucket)).toEqual([]);
  };

  describe('is probed once', () => {
    test('and found to check the hash that is signed, and to honour conditions on puts alone', async () => {
      const capabilities = await replica.capabilities();
      expect(capabilities).toMatchObject({ integrity: 'payload-sha256', metadata: 'stored' });
      expect(capabilities.conditionalPutBytesMax).toBe(5 * 1024 ** 3);
      const probes = proxy.requests.length;
      await put(replica, 'a', SMALL);
      expect(proxy.requests.slice(probes)).toEqual([expect.stringMatching(/^PUT .*\/p\/a\?/)]);
      await onlyObjects('a');
    });

    test('again after the probe failed, and not by who is told the outcome', async () => {
      proxy.intercept = () => ({ answer: 503, error: 'SlowDown' });
      expect(await code(put(replica, 'a', SMALL))).toBe('EUNAVAILABLE');
      proxy.intercept = () => null;
      await put(replica, 'a', SMALL);
      const told = await S3Replica.open({
        bucket,
        prefix: 'p',
        settings: s3SettingsFor(proxy.endpoint),
        capabilities: await replica.capabilities(),
      });
      const before = proxy.requests.length;
      await put(told, 'b', SMALL, { ifNoneMatch: '*' });
      expect(proxy.requests.length - before).toBe(1);
      await told.close();
    });

    test('and read back from when it checks nothing', async () => {
      // One that takes every probe checks nothing.
      proxy.intercept = (line) => (/^PUT .*probe/.test(line) ? { answer: 200, body: '' } : null);
      expect(await replica.capabilities()).toMatchObject({
        integrity: 'read-back',
        conditionalPutBytesMax: 0,
      });
      proxy.intercept = () => null;
      for (const bytes of [SMALL, LARGE]) {
        const before = proxy.requests.length;
        await put(replica, 'a', bytes);
        expect(proxy.requests.slice(before).at(-1)).toMatch(/^GET .*\/p\/a/);
      }
      expect(await code(put(replica, 'b', SMALL, { ifNoneMatch: '*' }))).toBe('EINVALID');
      proxy.intercept = (line) => (line.startsWith('GET') ? { answer: 200, body: 'smell' } : null);
      expect(await code(put(replica, 'c', SMALL))).toBe('EUNAVAILABLE');
      proxy.intercept = () => null;
      await onlyObjects('a');
    });
  });

  describe('that fails during an upload in parts', () => {
    test('once for a part gets that part again', async () => {
      let failures = 0;
      proxy.intercept = (line) =>
        line.includes('partNumber=3') && failures++ === 0 ? { answer: 500, error: 'InternalError' } : null;
      await put(replica, 'a', LARGE, { metadata: META });
      expect(sha256Hex(await read(replica, 'a'))).toBe(sha256Hex(LARGE));
      expect(failures).toBe(2);
      await onlyObjects('a');
    });

    test('for good keeps no part', async () => {
      proxy.intercept = (line) =>
        line.includes('partNumber=3') ? { answer: 403, error: 'AccessDenied' } : null;
      expect(await code(put(replica, 'a', LARGE))).toBe('EDENIED');
      await onlyObjects();
    });

    test('when it is completed keeps no part', async () => {
      proxy.intercept = (line) =>
        /^POST .*uploadId/.test(line)
          ? { answer: 200, body: '<Error><Code>InternalError</Code></Error>' }
          : null;
      expect(await code(put(replica, 'a', LARGE))).toBe('EUNAVAILABLE');
      await onlyObjects();
    });

    test('without forgetting it, is swept later', async () => {
      await replica.capabilities();
      proxy.intercept = (line) =>
        line.includes('partNumber=3') || line.startsWith('DELETE') ? { answer: 400, error: 'Odd' } : null;
      expect(await code(put(replica, 'a', LARGE))).toBe('EINVALID');
      proxy.intercept = () => null;
      expect(await uploadsIn(server, bucket)).toEqual(['p/a']);
      expect(await replica.sweep(Date.now() - 3_600_000)).toBe(0);
      expect(await replica.sweep(Date.now() + 3_600_000)).toBe(1);
      await onlyObjects();
    });
  });

  test('whose answer to a conditional put is lost gives the same to the next try', async () => {
    await replica.capabilities();
    let drops = 0;
    proxy.intercept = (line) => (line.startsWith('PUT') && drops++ === 0 ? { dropAfterEffect: true } : null);
    const patient = withRetries(replica, { sleep: async () => undefined });
    await put(patient, 'a', SMALL, { ifNoneMatch: '*' });
    expect(drops).toBe(2);
    drops = 0;
    await put(patient, 'b', LARGE, { ifNoneMatch: '*' });
    expect(drops).toBe(2);
    await onlyObjects('a', 'b');
  });

  test('that is cut off while it sends a body makes the body fail', async () => {
    await put(replica, 'a', LARGE);
    proxy.intercept = (line) => (line.startsWith('GET') ? { cutAnswerAfter: 1_000 } : null);
    expect(await code(read(replica, 'a'))).toBe('EUNAVAILABLE');
    proxy.intercept = (line, { range }) =>
      line.startsWith('GET') && range === undefined ? { cutAnswerAfter: 1_000 } : null;
    const patient = withRetries(replica, { sleep: async () => undefined });
    expect(sha256Hex(await read(patient, 'a'))).toBe(sha256Hex(LARGE));
  });

  test('that cannot delete in bulk is asked key by key, and not asked again', async () => {
    for (const key of ['a', 'b', 'c']) await put(replica, key, SMALL);
    let asked = 0;
    proxy.intercept = (line) => {
      if (!/^POST .*delete/.test(line)) return null;
      asked++;
      return { answer: 501, error: 'NotImplemented' };
    };
    expect(await replica.deleteMany(['a', 'never'])).toMatchObject([{ error: null }, { error: null }]);
    expect(await replica.deleteMany(['b'])).toMatchObject([{ error: null }]);
    expect(asked).toBe(1);
    await onlyObjects('c');
  });

  test('that is not there is EUNAVAILABLE, with wrong keys EDENIED, without the bucket EINVALID', async () => {
    const settings = s3SettingsFor(proxy.endpoint);
    const nobody = await S3Replica.open({
      bucket,
      prefix: '',
      settings: { ...settings, endpoint: 'http://127.0.0.1:9' },
    });
    expect(await code(nobody.get('a'))).toBe('EUNAVAILABLE');
    expect(await code(nobody.head('a'))).toBe('EUNAVAILABLE');
    const credentials = { accessKeyId: 'lfsbtest', secretAccessKey: 'wrong' };
    const stranger = await S3Replica.open({ bucket, prefix: '', settings: { ...settings, credentials } });
    expect(await code(keysOf(stranger, ''))).toBe('EDENIED');
    expect(await code(put(stranger, 'a', SMALL))).toBe('EDENIED');
    const lost = await S3Replica.open({ bucket: 'no-such-bucket', prefix: '', settings });
    expect(await code(put(lost, 'a', SMALL))).toBe('EINVALID');
    expect(await code(keysOf(lost, ''))).toBe('EINVALID');
    await Promise.all([nobody.close(), stranger.close(), lost.close()]);
  });

  test('tells its time with each answer', async () => {
    expect(replica.date()).toBeNull();
    await replica.head('a');
    const date = replica.date()!;
    expect(Math.abs(date.dateMs - Date.now())).toBeLessThan(5_000);
    expect(performance.now() - date.receivedAtMs).toBeLessThan(5_000);
  });

  test('may hold what others put there, and nobody else sees what is below a prefix', async () => {
    const other = await S3Replica.open({ bucket, prefix: 'pp', settings: s3SettingsFor(proxy.endpoint) });
    await put(other, 'theirs', SMALL);
    const { PutObjectCommand } = await import('@aws-sdk/client-s3');
    for (const Key of ['p/with space', 'p/folder/', 'p/ü&<>', 'outside']) {
      await server.client.send(new PutObjectCommand({ Bucket: bucket, Key, Body: SMALL }));
    }
    await replica.put('ours', sourceOf(SMALL), {
      sizeBytes: SMALL.length,
      sha256: sha256Hex(SMALL),
      metadata: META,
    });
    await onlyObjects('ours');
    await other.close();
  });
});
