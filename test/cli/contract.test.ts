import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Manifest {
  readonly commands: Record<string, Described>;
}

interface Described {
  readonly aliases: readonly string[];
  readonly args: Record<string, { readonly required?: boolean }>;
  readonly flags: Record<
    string,
    { readonly char?: string; readonly type: string; readonly options?: string[] }
  >;
}

/** Scripts rely on these: a line that goes away or changes here is a breaking change. */
test('commands, aliases, arguments and flags are the ones that scripts rely on', async () => {
  const path = new URL('../../oclif.manifest.json', import.meta.url);
  const { commands } = JSON.parse(readFileSync(path, 'utf8')) as Manifest;
  const lines = Object.entries(commands).flatMap(([id, { aliases, args, flags }]) => [
    [id.replaceAll(':', ' '), ...aliases].join(', '),
    ...Object.entries(args).map(([name, arg]) => `  ${name.toUpperCase()}${arg.required ? '' : '?'}`),
    ...Object.entries(flags).map(([name, { char, type, options }]) =>
      [`  --${name}`, char ? `-${char}` : '', type, options?.join('|') ?? '']
        .filter((x) => x !== '')
        .join(' '),
    ),
  ]);
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('./contract.txt');
});
