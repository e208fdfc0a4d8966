import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { mergeLtx } from '../../src/ltx/index.ts';
import { ModelDatabase } from '../support/ltx-fixtures.ts';
import { findTool, requireTool } from '../support/requires.ts';
import { collect, expectBytes, sourceOf } from './reading.ts';

/** The reference's command line tool: `go install github.com/superfly/ltx/cmd/ltx@v0.3.14`. */
const reference = findTool('ltx', [
  process.env['LTX_BIN'],
  '/tmp/gobin/ltx',
  process.env['GOBIN'] && join(process.env['GOBIN'], 'ltx'),
  join(process.env['GOPATH'] ?? join(homedir(), 'go'), 'bin', 'ltx'),
]);

const merge = (files: Uint8Array[], compress: boolean): Promise<Uint8Array> =>
  collect(
    mergeLtx(
      files.map((file) => sourceOf(file)),
      { compress },
    ),
  );

const PAGE_SIZES = [512, 1024, 2048, 4096, 8192, 16_384, 32_768, 65_536];

requireTool('ltx, the reference tool (LTX_BIN)', reference)('the reference tool', () => {
  const folder = mkdtempSync(join(tmpdir(), 'lfsb-oracle-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  function store(name: string, bytes: Uint8Array): string {
    const path = join(folder, name);
    writeFileSync(path, bytes);
    return path;
  }

  const ltx = (...args: string[]): string => execFileSync(reference!, args, { encoding: 'utf8' });

  /** Applies files by the reference, and returns the database it wrote. */
  function applied(name: string, paths: string[]): Uint8Array {
    const path = join(folder, `${name}.db`);
    writeFileSync(path, '');
    ltx('apply', '-db', path, ...paths);
    return new Uint8Array(readFileSync(path));
  }

  const cases = PAGE_SIZES.flatMap((pageSize) => [true, false].map((compress) => ({ pageSize, compress })));

  it.each(cases)('accepts and applies what we write: %o', async ({ pageSize, compress }) => {
    const database = new ModelDatabase({ pageSize, compress, seed: pageSize });
    // The tool does not cut the database after a file that shrinks it, and then finds its checksum wrong.
    for (let i = 0; i < 8; i++) database.mutate({ pagesMax: 40, changesMax: 12, shrink: false });
    const name = `${pageSize}-${compress}`;
    const files = database.transactions.map(({ ltx: bytes }) => bytes);
    const paths = files.map((bytes, i) => store(`${name}-${i}.ltx`, bytes));
    const merged = store(`${name}-merged.ltx`, await merge(files, compress));
    const tail = store(`${name}-tail.ltx`, await merge(files.slice(3), compress));
    const snapshot = store(`${name}-snapshot.ltx`, database.snapshot());

    ltx('verify', ...paths, merged, tail, snapshot);
    expectBytes(applied(`${name}-one-by-one`, paths), database.bytes());
    expectBytes(applied(`${name}-tail`, [...paths.slice(0, 3), tail]), database.bytes());
    expectBytes(applied(`${name}-merged`, [merged]), database.bytes());
    expectBytes(applied(`${name}-snapshot`, [snapshot]), database.bytes());
  });

  it.each(cases)(
    'accepts what we merge of a database that shrinks and grows: %o',
    async ({ pageSize, compress }) => {
      const database = new ModelDatabase({ pageSize, compress, seed: pageSize + 1 });
      for (let i = 0; i < 12; i++) database.mutate({ pagesMax: 40, changesMax: 12 });
      const name = `resized-${pageSize}-${compress}`;
      const files = database.transactions.map(({ ltx: bytes }) => bytes);
      const merged = store(`${name}.ltx`, await merge(files, compress));
      ltx('verify', merged, ...files.map((bytes, i) => store(`${name}-${i}.ltx`, bytes)));
      expectBytes(applied(name, [merged]), database.bytes());
    },
  );

  it('accepts deletions, and the first file after one', async () => {
    const database = new ModelDatabase({ pageSize: 4096, seed: 2 });
    database.mutate();
    database.drop();
    database.mutate();
    const paths = database.transactions.map(({ ltx: bytes }, i) => store(`drop-${i}.ltx`, bytes));
    const files = database.transactions.slice(2).map(({ ltx: bytes }) => sourceOf(bytes));
    const relabelled = store(
      'relabelled.ltx',
      await collect(mergeLtx(files, { compress: true, asSnapshot: true })),
    );
    ltx('verify', ...paths, relabelled);
    expectBytes(applied('relabelled', [relabelled]), database.bytes());
  });

  it('says which file is bad, so that its silence on ours means something', () => {
    const database = new ModelDatabase({ pageSize: 512 });
    const bad = database.mutate().ltx;
    bad[bad.length - 1]! ^= 1;
    expect(() => ltx('verify', store('bad.ltx', bad))).toThrow();
  });
});
