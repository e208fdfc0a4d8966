#!/usr/bin/env -S node --max-semi-space-size=2 --heap-growing-percent=50
import { main } from '../dist/cli/main.js';

await main(process.argv.slice(2), import.meta.url);
