import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const DIST = fileURLToPath(new URL('../../dist', import.meta.url));

describe('the build', () => {
  // The compiler leaves `import('./x.ts')` as it is in a file that also has a `using` declaration.
  test('imports no source file', () => {
    const built = readdirSync(DIST, { recursive: true, encoding: 'utf8' }).filter((path) =>
      path.endsWith('.js'),
    );
    const wrong = built.filter((path) =>
      /import\(['"][^'"]*\.ts['"]\)/.test(readFileSync(join(DIST, path), 'utf8')),
    );
    expect(built.length).toBeGreaterThan(50);
    expect(wrong).toEqual([]);
  });
});
