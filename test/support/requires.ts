import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { describe } from 'vitest';

/**
 * `describe` for a suite that needs an external tool. Where the tool is missing the suite is skipped by name;
 * under CI it fails instead, so that a green run never hides an oracle that was not asked.
 */
export function requireTool(name: string, path: string | undefined): typeof describe | typeof describe.skip {
  if (path !== undefined) return describe;
  if (process.env['CI'] === 'true') throw new Error(`${name} is needed under CI and was not found`);
  return describe.skip;
}

/** The first of `candidates` that exists, else `command` on PATH, else undefined. */
export function findTool(command: string, candidates: (string | undefined)[]): string | undefined {
  const onPath = (process.env['PATH'] ?? '').split(delimiter).map((folder) => join(folder, command));
  return [...candidates, ...onPath].find((path) => path !== undefined && path !== '' && existsSync(path));
}
