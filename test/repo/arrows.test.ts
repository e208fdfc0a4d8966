import { execFile } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { tempDir } from '../support/temp-dir.ts';

const SCRIPT = fileURLToPath(new URL('../../scripts/check-arrows.mjs', import.meta.url));

/** Checks a made-up source tree. */
function check(files: Readonly<Record<string, string>>): Promise<{ code: unknown; output: string }> {
  const root = tempDir();
  for (const [path, text] of Object.entries({
    'cli/main.ts': 'export {};',
    'src/server.ts': 'export {};',
    ...files,
  })) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  }
  return new Promise((resolve) => {
    execFile(process.execPath, [SCRIPT, root], (error, stdout, stderr) => {
      resolve({ code: error?.code ?? 0, output: stdout + stderr });
    });
  });
}

const MODULE = 'export const a = 1;';

describe('the arrows', () => {
  test('let a folder import what lies below it', async () => {
    const { code, output } = await check({
      'src/ltx/index.ts': MODULE,
      'src/events/index.ts': "export { a } from '../ltx/index.ts';",
    });
    expect({ code, output }).toEqual({ code: 0, output: 'arrows hold: 4 modules, 1 imports\n' });
  });

  test.each([
    { from: 'src/ltx/x.ts', to: '../events/index.ts', rule: 'arrow-ltx' },
    { from: 'src/ltx/x.ts', to: '../errors/index.ts', rule: 'arrow-ltx' },
    { from: 'src/events/x.ts', to: '../commands/index.ts', rule: 'arrow-events' },
    { from: 'src/commands/x.ts', to: '../log/index.ts', rule: 'arrow-commands' },
    { from: 'src/engine/x.ts', to: '../http/index.ts', rule: 'arrow-engine' },
    { from: 'src/compactor/plan-levels.ts', to: '../storage/index.ts', rule: 'arrow-compactor-plan' },
    { from: 'src/engine/x.ts', to: '../storage/s3.ts', rule: 'concrete-adapter' },
    { from: 'src/http/x.ts', to: '../server.ts', rule: 'arrow-http' },
    { from: 'cli/x.ts', to: '../src/engine/index.ts', rule: 'arrow-cli' },
    { from: 'src/events/x.ts', to: 'node:fs', rule: 'pure-core' },
    { from: 'src/projections/x.ts', to: 'node:worker_threads', rule: 'pure-core' },
    { from: 'src/engine/x.ts', to: '../novelty/index.ts', rule: 'folder-without-an-arrow' },
    { from: 'src/engine/x.ts', to: './missing.ts', rule: 'unresolvable' },
  ])('$from -> $to is caught ($rule)', async ({ from, to, rule }) => {
    const target =
      to.startsWith('node:') || to.includes('missing') ? {} : { [join(dirname(from), to)]: MODULE };
    const { code, output } = await check({ ...target, [from]: `import '${to}';` });
    expect(code).toBe(1);
    expect(output).toContain(`${rule}: ${from} -> `);
  });

  test('an import of a type alone is an arrow too', async () => {
    const { output } = await check({
      'src/events/index.ts': 'export type A = 1;',
      'src/ltx/x.ts': "import type { A } from '../events/index.ts';\nexport type B = A;",
    });
    expect(output).toContain('arrow-ltx: src/ltx/x.ts -> src/events/index.ts');
  });

  test('a cycle is caught', async () => {
    const { output } = await check({
      'src/log/a.ts': "import './b.ts';",
      'src/log/b.ts': "import './a.ts';",
    });
    expect(output).toContain('no-cycle: ');
  });

  test('a cruise that reads nothing does not pass', async () => {
    const { code, output } = await check({ 'src/ltx/index.ts': MODULE });
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('no import at all') });
  });
});
