import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { expect, test } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { TestServer } from '../support/server.ts';
import { sqliteImage } from '../support/sqlite-image.ts';
import { tempDir } from '../support/temp-dir.ts';
import { onTerminal } from '../support/terminal.ts';
import { against } from './support/against.ts';
import { CASES, expectOffered } from './support/completions.ts';

const PROMPT = 'ready> ';

/** A user's set-up, and a TAB that says when it is done: the list is on the screen by then. */
const ZSHRC = `PS1='${PROMPT}'
autoload -Uz compinit
compinit -u -d "$ZDOTDIR/dump"
eval "$(lfsb completion zsh)"
setopt no_beep no_list_ambiguous no_always_last_prompt
tab() { zle expand-or-complete; zle -R; print -r -- "<$BUFFER>" > "$TTY" }
zle -N tab
bindkey '^I' tab
`;

const KILL_LINE = '\u0015';

/** What zsh shows for each line and a TAB, and what the line is then. */
async function completed(
  lines: readonly string[],
  folder: string,
  env: Record<string, string>,
): Promise<{ screen: string; line: string }[]> {
  const steps = lines.map((line, i) => ({
    wait: i === 0 ? PROMPT : '>\r\n',
    send: `${i === 0 ? '' : KILL_LINE}${line}\t`,
  }));
  const end = [{ wait: '>\r\n', send: `${KILL_LINE}exit\n` }];
  const argv = ['env', '-C', folder, 'zsh', '-d', '-i'];
  const { code, output } = await onTerminal(argv, { steps: [...steps, ...end], env, rows: 200 });
  expect({ code, output }).toEqual({ code: 0, output: expect.any(String) });
  const parts = output.split(/<(lfsb[^>]*)>\n/);
  return lines.map((_, i) => ({ screen: parts[2 * i] ?? '', line: parts[2 * i + 1] ?? '' }));
}

/** The names below what is typed: of a line that describes one, what is before the description. */
const namesOn = (screen: string): string[] =>
  stripVTControlCharacters(screen)
    .split(/[\r\n]+/)
    .slice(1)
    .filter((line) => !line.includes(PROMPT))
    .flatMap((line) => line.split(' -- ', 1)[0]!.split(/\s+/));

test('zsh completes commands, flags, files and the databases of a server', async () => {
  await using server = await TestServer.start();
  const folder = tempDir();
  const source = join(folder, 'backup.ltx');
  writeFileSync(source, sqliteImage());
  for (const db of ['orders.db', 'other.db'])
    expect((await against(server)(['import', db, source])).code).toBe(0);
  const program = join(folder, 'lfsb');
  writeFileSync(program, `#!/bin/sh\nexec '${process.execPath}' '${LFSB}' "$@"\n`);
  chmodSync(program, 0o755);
  writeFileSync(join(folder, '.zshrc'), ZSHRC);
  const env = {
    HOME: folder,
    ZDOTDIR: folder,
    PATH: `${folder}:${process.env['PATH']}`,
    LFSB_ENDPOINT: server.url,
    LFSB_CLUSTER: 'shop',
  };
  const found = await completed(
    CASES.map(([line]) => line),
    folder,
    env,
  );
  for (const [i, [line, offered, not]] of CASES.entries()) {
    const { screen, line: after } = found[i]!;
    // What is the only one is not listed, it is typed.
    const names = [...namesOn(screen), ...(after === line ? [] : [after.split(' ').filter(Boolean).at(-1)!])];
    expectOffered(names, offered, not);
  }
});
