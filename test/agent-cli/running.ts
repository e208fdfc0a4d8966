import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { LFSB } from '../support/cli.ts';
import { rowsOf, type Site } from './site.ts';

/** `lfsb replicate` as a process, which is gone when the test ends. */
export class Running {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  output = '';

  constructor(site: Site, args: readonly string[]) {
    this.child = spawn(process.execPath, [LFSB, 'replicate', '-config', site.config, ...args], {
      cwd: site.folder,
      env: { ...process.env, NO_COLOR: '1' },
    });
    for (const stream of [this.child.stdout!, this.child.stderr!]) {
      stream.setEncoding('utf8').on('data', (text: string) => {
        this.output += text;
      });
    }
    this.ended = once(this.child, 'close').then(([code]) => code as number | null);
    onTestFinished(async () => {
      this.child.kill('SIGKILL');
      await this.ended;
    });
  }
}

/** What the newest point of the replica holds, or another one. */
export async function restored(site: Site, point: readonly string[] = []): Promise<string[]> {
  const out = join(site.folder, 'restored.db');
  const run = await site.run(['restore', '-o', out, '--force', site.replica(), ...point]);
  expect(run).toMatchObject({ code: 0 });
  return rowsOf(out);
}

/** Slow enough that only a last sync stores what comes after the first. */
export const SLOW = '{name: replica, path: replica, sync-interval: 1h}';
