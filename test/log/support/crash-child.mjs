// Started as a process of its own and killed: appends without a pause and prints each number once it is
// acknowledged.
import { pathToFileURL } from 'node:url';

const [, , root, path] = process.argv;
const { LogWriter } = await import(new URL('dist/src/log/index.js', pathToFileURL(`${root}/`)));
const writer = await LogWriter.start({ path, handlers: new URL('toy-log.mjs', import.meta.url) });
process.stdout.write('ready\n');

async function appendForEver(index) {
  for (;;) {
    const { seqs } = await writer.execute({ type: 'create', db: `db${index % 5}`, count: 2, padding: 5_000 });
    process.stdout.write(`${seqs.join('\n')}\n`);
  }
}
await Promise.all(Array.from({ length: 16 }, (_, index) => appendForEver(index)));
