import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Sweeper } from '../../src/engine/sweeper.ts';
import type { EngineWriter } from '../../src/engine/writer/client.ts';
import { createLogger } from '../../src/logging.ts';
import { eventually } from '../support/process-state.ts';
import { tempDir } from '../support/temp-dir.ts';

const log = createLogger({ level: 'silent', format: 'json' });

/** A writer whose sweeps end when a test says so, each with the given outcome. */
class Steps {
  readonly waiting: ((more: boolean) => void)[] = [];
  count = 0;
  readonly writer: EngineWriter = {
    execute: () => {
      this.count++;
      return new Promise<never>((resolve) => {
        this.waiting.push((more) => resolve({ more, files: this.files.splice(0) } as never));
      });
    },
  };
  /** Names of the spool that the next step has let go of. */
  readonly files: string[] = [];

  async end(more: boolean): Promise<void> {
    await eventually('a step that waits', () => this.waiting.length > 0);
    this.waiting.shift()?.(more);
  }
}

it('takes steps until nothing is left', async () => {
  const steps = new Steps();
  const sweeper = new Sweeper({ writer: steps.writer, spoolDirectory: '/nowhere', log });
  sweeper.wake();
  for (const more of [true, true, false]) await steps.end(more);
  await sweeper.stop();
  expect(steps.count).toBe(3);
});

it('does not miss what died while its last step was under way', async () => {
  const steps = new Steps();
  const sweeper = new Sweeper({ writer: steps.writer, spoolDirectory: '/nowhere', log });
  sweeper.wake();
  await eventually('the step', () => steps.count === 1);
  sweeper.wake();
  await steps.end(false);
  await eventually('another step', () => steps.count === 2);
  await steps.end(false);
  await sweeper.stop();
  expect(steps.count).toBe(2);
});

it('stops after the step under way', async () => {
  const steps = new Steps();
  const sweeper = new Sweeper({ writer: steps.writer, spoolDirectory: '/nowhere', log });
  sweeper.wake();
  await eventually('the step', () => steps.count === 1);
  const stopped = sweeper.stop();
  await steps.end(true);
  await stopped;
  sweeper.wake();
  expect(steps.count).toBe(1);
});

it('goes on behind a file that is gone already, as a start sweeps what a crash left', async () => {
  const spoolDirectory = tempDir();
  writeFileSync(join(spoolDirectory, 'there.ltx'), '');
  const steps = new Steps();
  steps.files.push('gone.ltx', 'there.ltx');
  const sweeper = new Sweeper({ writer: steps.writer, spoolDirectory, log });
  sweeper.wake();
  for (const more of [true, false]) await steps.end(more);
  await sweeper.stop();
  expect(steps.count).toBe(2);
  expect(readdirSync(spoolDirectory)).toEqual([]);
});
