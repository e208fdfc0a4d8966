import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const spec = readFileSync(new URL('docs/SPEC.md', root), 'utf8');
const promises = spec.split(/^### /m).slice(1);

describe('docs/SPEC.md', () => {
  it('has the ten promises', () => {
    expect(promises.map((each) => Number.parseInt(each, 10))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  });

  it.each(promises)('names a test for each promise, or says that it is not held: %#', (promise) => {
    expect(promise).toMatch(/`(test\/)?[a-z0-9/.-]+\.test\.ts`|\*\*Not yet/);
  });

  it('names only tests that exist', () => {
    const named = [...spec.matchAll(/test\/[a-z0-9/.-]+\.test\.ts/g)].map(([path]) => path);
    expect(named.length).toBeGreaterThan(10);
    expect(named.filter((path) => !existsSync(new URL(path, root)))).toEqual([]);
  });
});
