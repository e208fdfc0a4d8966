import { expect, test } from 'vitest';
import { parseLitestreamConfig } from '../../src/config/litestream/parse.ts';
import type { LfsbError } from '../../src/errors/index.ts';

const surroundings = { env: {}, home: '/home/op', cwd: '/srv', pid: 42, expandEnv: true };

/** What is refused of two replicas of one database, or of one replica each of two; null for nothing. */
function refusal(text: string): string | null {
  try {
    parseLitestreamConfig('my.yml', text, surroundings);
    return null;
  } catch (error) {
    return (error as LfsbError).message;
  }
}

const together = (one: string, other: string): (string | null)[] => [
  refusal(`dbs:\n  - path: /data/app.db\n    replicas: [${one}, ${other}]\n`),
  refusal(
    `dbs:\n  - {path: /data/app.db, replicas: [${one}]}\n  - {path: /data/b.db, replicas: [${other}]}\n`,
  ),
];

test.each([
  ['buckets of one name at two makers', '{url: "s3://bkt/a", endpoint: x.example}', '{url: "s3://bkt/a"}'],
  ['two ports', '{url: "sftp://h/a"}', '{url: "sftp://h:2222/a"}'],
  ['a folder beside', '{path: /backup/a}', '{path: /backup/ab}'],
  ['a folder below that is none of ours', '{path: /backup}', '{path: /backup/b.db}'],
])('%s are two places', (_, one, other) => {
  expect(together(one, other)).toEqual([null, null]);
});

test.each([
  ['a URL and a path', '{path: /backup/a}', '{url: "file:///backup/x/../a/"}'],
  ['the port of ssh and none', '{url: "sftp://u@h/a"}', '{type: sftp, host: "h:22", user: u, path: /a/}'],
  ['a folder and its level 1', '{path: /backup/1/x}', '{path: /backup}'],
  ['a folder and its log', '{url: "s3://bkt/a"}', '{url: "s3://bkt/a/.lfsb"}'],
  ['a folder and its unfinished files', '{url: "sftp://h/a"}', '{url: "sftp://h/a/+parts/b"}'],
])('%s are one place', (_, one, other) => {
  expect(together(one, other)).toEqual([
    expect.stringContaining('is a second replica at'),
    expect.stringContaining('shares the replica'),
  ]);
});

test.each([
  ['the database itself', '/data/app.db', 'is the database itself'],
  ['the folder of the log', '/data/.app.db-lfsb/backup', 'is in /data/.app.db-lfsb, where the log is'],
])('%s is no replica', (_, path, message) => {
  expect(refusal(`dbs:\n  - {path: /data/app.db, replica: {path: ${path}}}\n`)).toContain(message);
});

test.each([
  ['dbs: []\n', 'my.yml:1:1: there are no dbs: nothing to replicate'],
  ['dbs:\n  - {path: /a, replicas: []}\n', 'my.yml:2:5: dbs[0]: has no replica: nothing would be stored'],
])('%j is refused: an empty list is nothing', (text, message) => {
  expect(refusal(text)).toBe(message);
});
