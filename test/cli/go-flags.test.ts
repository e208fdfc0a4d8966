import { expect, test } from 'vitest';
import { rewriteGoFlags } from '../../cli/go-flags.ts';

const rewrite = (line: string): string => rewriteGoFlags(line.split(' ')).join(' ');

test.each([
  ['replicate -config /etc/x.yml', 'replicate --config /etc/x.yml'],
  ['replicate -config=/etc/x.yml -once', 'replicate --config=/etc/x.yml --once'],
  ['replicate -exec cmd -no-expand-env', 'replicate --exec cmd --no-expand-env'],
  ['replicate -once=true a.db file:///b', 'replicate --once a.db file:///b'],
  ['replicate -once=false -exec=a=b', 'replicate --exec=a=b'],
  [
    'restore -o out.db -timestamp 2026-01-02T03:04:05Z db',
    'restore -o out.db --timestamp 2026-01-02T03:04:05Z db',
  ],
  [
    'restore -if-db-not-exists -if-replica-exists /data/db',
    'restore --if-db-not-exists --if-replica-exists /data/db',
  ],
  ['r -txid 0000000000000001 db', 'r --txid 0000000000000001 db'],
  ['databases -config x.yml', 'databases --config x.yml'],
  ['config check -config x.yml', 'config check --config x.yml'],
  ['ltx list -config x.yml /data/db', 'ltx list --config x.yml /data/db'],
])('%s', (given, wanted) => {
  expect(rewrite(given)).toBe(wanted);
});

test.each([
  ['short flags', 'replicate -c x.yml -e cmd'],
  ['short flags with their value attached', 'restore -oout.db db'],
  ['what has two dashes', 'replicate --config x.yml --exec cmd'],
  ['a value that looks like a flag', 'replicate --exec -once'],
  ['the value of a short flag', 'restore -o -force db'],
  ['what stands behind --', 'restore db -- -force'],
  ['a flag that the command does not have', 'databases -exec cmd'],
  ['other commands', 'export -format ltx'],
  ['other commands of a topic', 'ltx dump -config x'],
  ['no command', '-config x'],
])('%s stay what they are', (_, line) => {
  expect(rewrite(line)).toBe(line);
});

test('no arguments are none', () => {
  expect(rewriteGoFlags([])).toEqual([]);
});
