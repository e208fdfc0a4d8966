// Started as a process of its own: opens (and so migrates) the log, at the moment it is told to.
import { pathToFileURL } from 'node:url';

const [, , root, path, at] = process.argv;
const { openLog } = await import(new URL('dist/src/log/index.js', pathToFileURL(`${root}/`)));
while (Date.now() < Number(at)) await new Promise((resolve) => setImmediate(resolve));
const log = openLog({ path });
process.stdout.write(`${JSON.stringify(log.opened.migrations)}\n`);
log.close();
