import { join } from 'node:path';
import { expect, it } from 'vitest';
import { FreshFiles } from '../../src/compactor/run/fresh-files.ts';
import { ScratchFile } from '../../src/engine/snapshot/scratch-file.ts';
import { Random } from '../support/random.ts';
import { tempDir } from '../support/temp-dir.ts';

it('a fresh file that another replica’s build makes again stays whole for who reads it', async () => {
  const folder = tempDir();
  const fresh = new FreshFiles(join(folder, 'fresh'));
  const bytes = new Random(1).bytes(20_000);
  let names = 0;
  const keep = async (): Promise<string> => {
    const made = new ScratchFile(join(folder, `${names++}.build`));
    await made.add(bytes.slice());
    await made.end();
    await fresh.keep(made);
    await made.discard();
    return made.sha256;
  };
  const sha256 = await keep();
  const read = async (): Promise<number> => {
    const input = await fresh.open(sha256);
    let length = 0;
    if (input === null) return length;
    for await (const chunk of input.chunks()) length += chunk.byteLength;
    await input.close();
    return length;
  };
  for (let i = 0; i < 100; i++) {
    const [, ...lengths] = await Promise.all([keep(), read(), read(), read()]);
    expect(lengths).toEqual([bytes.length, bytes.length, bytes.length]);
  }
});
