// Checks the arrows of .dependency-cruiser.cjs. The cruiser passes when it could read nothing (it needs a
// TypeScript it knows), so this also fails unless it saw every module there is.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';

const project = dirname(dirname(fileURLToPath(import.meta.url)));
const root = resolve(process.argv[2] ?? project);
const { forbidden, options } = createRequire(import.meta.url)(join(project, '.dependency-cruiser.cjs'));

/** Every module on disk under the folders that are cruised, by its path from the root. */
function modulesOnDisk() {
  return ['src', 'cli'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)),
  );
}

function fail(lines) {
  process.stderr.write(`${lines.join('\n')}\n`);
  process.exit(1);
}

const { output } = await cruise(['src', 'cli'], {
  ...options,
  baseDir: root,
  validate: true,
  ruleSet: { forbidden },
});

const onDisk = modulesOnDisk();
const cruised = new Set(output.modules.map((module) => module.source));
const missed = onDisk.filter((module) => !cruised.has(module));
const imports = output.modules.reduce((sum, module) => sum + module.dependencies.length, 0);

if (missed.length > 0) fail([`cruised ${cruised.size} modules, missed ${missed.length}:`, ...missed]);
if (onDisk.length > 0 && imports === 0)
  fail(['the cruiser found no import at all: it cannot read the sources']);
if (output.summary.violations.length > 0) {
  fail(output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} -> ${to}`));
}
process.stdout.write(`arrows hold: ${onDisk.length} modules, ${imports} imports\n`);
