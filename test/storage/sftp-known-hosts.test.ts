import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fingerprint, KnownHosts, knownHostsLine } from '../../src/storage/sftp-known-hosts.ts';

const keyOf = (type: string, content: string): Buffer => {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(type.length);
  return Buffer.concat([length, Buffer.from(type), Buffer.from(content)]);
};

const key = keyOf('ssh-ed25519', 'the one that it always had');
const other = keyOf('ssh-ed25519', 'another one');
const rsa = keyOf('ssh-rsa', 'one of another type');
const line = (hosts: string, which = key): string => knownHostsLine('x', 22, which).replace('x', () => hosts);

const hashed = (name: string): string => {
  const salt = Buffer.from('twenty bytes of salt');
  const hash = createHmac('sha1', salt).update(name).digest('base64');
  return `|1|${salt.toString('base64')}|${hash}`;
};

describe('a known_hosts file', () => {
  test.each([
    ['a plain name', line('example.net'), 'example.net', 22],
    ['another case', line('Example.net'), 'EXAMPLE.NET', 22],
    ['a name in a list', line('a,example.net,b'), 'example.net', 22],
    ['a pattern', line('*.example.???'), 'backup.example.net', 22],
    ['a port', line('[example.net]:2222'), 'example.net', 2222],
    ['a name without its port', line('example.net'), 'example.net', 2222],
    ['an address', line('[::1]:2222'), '::1', 2222],
    ['a hashed name', line(hashed('example.net')), 'example.net', 22],
    ['a hashed name and port', line(hashed('[example.net]:2222')), 'example.net', 2222],
    ['any of several keys', line('example.net', other) + line('example.net'), 'example.net', 22],
    ['lines that say nothing', `# note\n\n  \nbad line\n${line('example.net')}`, 'example.net', 22],
  ])('knows a host by %s', (_, text, host, port) => {
    expect(new KnownHosts(text).judge(host, port, key)).toBe('known');
  });

  test.each([
    ['an empty file', ''],
    ['a longer name', line('example.net.org')],
    ['a dot that is no pattern', line('exampleXnet')],
    ['a port that is not ours', line('[example.net]:2222')],
    ['an exception', line('*.net,!example.net')],
    ['a hash of another name', line(hashed('example.org'))],
    ['a certificate authority', `@cert-authority ${line('example.net')}`],
    ['a comment', `#${line('example.net')}`],
  ])('does not know it by %s', (_, text) => {
    expect(new KnownHosts(text).judge('example.net', 22, key)).toBe('unknown');
  });

  test('tells a key that changed, whatever type the new one is of', () => {
    const known = new KnownHosts(line('example.net'), line(hashed('hashed.net')));
    for (const host of ['example.net', 'hashed.net']) {
      expect(known.judge(host, 22, other)).toBe('changed');
      expect(known.judge(host, 22, rsa)).toBe('changed');
      expect(known.judge(host, 2222, other)).toBe('changed');
    }
  });

  test('tells a key that was revoked, though it is listed too', () => {
    const known = new KnownHosts(`@revoked ${line('*')}${line('example.net')}`);
    expect(known.judge('example.net', 22, key)).toBe('revoked');
    expect(known.judge('example.net', 22, other)).toBe('changed');
  });

  test('names the types of the keys of a host, which are the ones to ask for', () => {
    const known = new KnownHosts(line('example.net', rsa) + line('example.net') + line('other.net', other));
    expect(known.typesOf('example.net', 22)).toEqual(['ssh-rsa', 'ssh-ed25519']);
    expect(known.typesOf('nowhere.net', 22)).toEqual([]);
  });

  test('takes a line that we write for one that it knows', () => {
    const text = knownHostsLine('Example.net', 2222, key);
    expect(text).toBe(`[example.net]:2222 ssh-ed25519 ${key.toString('base64')}\n`);
    expect(new KnownHosts(text).judge('example.net', 2222, key)).toBe('known');
  });
});

test('a fingerprint is what ssh-keygen prints', () => {
  const bytes = Buffer.from('AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl', 'base64');
  expect(fingerprint(bytes)).toBe('SHA256:+DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU');
});
