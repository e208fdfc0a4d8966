// Writes the reference of the commands into docs/cli.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { withReference } from './cli-reference.mjs';

const path = new URL('../docs/cli.md', import.meta.url);
writeFileSync(path, withReference(readFileSync(path, 'utf8')));
