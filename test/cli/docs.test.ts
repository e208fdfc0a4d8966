import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');

interface Described {
  readonly id: string;
  readonly summary?: string;
  readonly examples?: readonly unknown[];
  readonly flags: Record<string, { readonly summary?: string; readonly description?: string }>;
  readonly args: Record<string, { readonly description?: string }>;
}

const commands = Object.values(
  (JSON.parse(read('oclif.manifest.json')) as { commands: Record<string, Described> }).commands,
);

test('docs/cli.md tells of the commands as they are; `npm run docs` brings it up to date', async () => {
  const url = new URL('../../scripts/cli-reference.mjs', import.meta.url).href;
  const { withReference } = (await import(url)) as { withReference(text: string): string };
  const text = read('docs/cli.md');
  expect(text === withReference(text)).toBe(true);
});

describe.each(commands.map((command) => [command.id, command] as const))('%s', (id, command) => {
  test('says what it does, what everything it takes is, and shows how', () => {
    expect(command.summary).toMatch(/^[A-Z].*\.$/);
    for (const { summary, description } of Object.values(command.flags))
      expect(summary ?? description).toBeTruthy();
    for (const { description } of Object.values(command.args)) expect(description ?? '').not.toBe('');
    if (id !== 'help') expect(command.examples?.length ?? 0).toBeGreaterThan(0);
  });
});
