import { spawn } from 'node:child_process';

/** Prints a text: through the pager where it is longer than the terminal, else as it is. */
export async function page(text: string): Promise<void> {
  const { stdout } = process;
  const pager = process.env['PAGER'] ?? 'less';
  const isLong = stdout.isTTY === true && text.split('\n').length > stdout.rows;
  if (isLong && pager !== '' && pager !== 'cat' && (await through(pager, text))) return;
  stdout.write(text);
}

/** Whether the pager could be run; what it was left with does not matter. */
function through(pager: string, text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const child = spawn(pager, {
      shell: true,
      stdio: ['pipe', 'inherit', 'inherit'],
      // As git has it: colours as they are, and no screen of its own.
      env: { LESS: 'FRX', ...process.env },
    });
    child.stdin.on('error', () => undefined);
    child.on('error', () => resolve(false));
    // What a shell says of a command that there is not.
    child.on('close', (code) => resolve(code !== 127));
    child.stdin.end(text);
  });
}
