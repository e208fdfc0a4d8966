import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { verifyLog } from '../../src/log/index.ts';
import { packageRoot } from '../../src/package-root.ts';
import { runs } from '../support/scale.ts';
import { logPath, openToyLog, toyRows } from './support/log-folder.ts';

const CHILD = fileURLToPath(new URL('support/crash-child.mjs', import.meta.url));

/** Runs a writer on `path` under load, kills it after a while, and returns what it had acknowledged. */
async function killUnderLoad(path: string, afterMs: number): Promise<number[]> {
  const child = spawn(process.execPath, [CHILD, fileURLToPath(packageRoot), path], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (printed === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
    printed += text;
  });
  await once(child, 'close');
  // What follows the last line end is a number cut short.
  return printed.slice(0, printed.lastIndexOf('\n')).split('\n').slice(1).map(Number);
}

describe('a process that is killed under load', () => {
  it('has lost nothing it acknowledged: chain, order and projections are right when it starts again', async () => {
    const path = logPath();
    let acknowledged = 0;
    for (let round = 0; round < runs(4); round += 1) {
      const seqs = await killUnderLoad(path, 20 + Math.random() * 250);
      acknowledged = Math.max(acknowledged, ...seqs);
      const log = openToyLog({ path, synchronous: 'FULL' });
      expect(log.store.head().seq).toBeGreaterThanOrEqual(acknowledged);
      expect(log.opened.rebuilt).toEqual([]);
      expect(await verifyLog(log.sql)).toEqual({ ok: true, head: log.store.head() });
      const incremental = toyRows(log);
      log.rebuild();
      expect(toyRows(log)).toEqual(incremental);
      // A command's events and its payload were one: none is there by half.
      expect(log.sql.get('SELECT count(*) * 2 AS n FROM payload_bytes')).toEqual({ n: log.store.head().seq });
      log.close();
    }
    expect(acknowledged).toBeGreaterThan(0);
  });
});
