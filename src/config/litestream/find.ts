import { readFile, stat } from 'node:fs/promises';
import { LfsbError } from '../../errors/index.ts';
import type { ConfigSurroundings, LoadedAgentConfig } from './types.ts';

/** Longest file, bytes. */
const CONFIG_BYTES_MAX = 1024 * 1024;

/** Files that are looked for when none is named, in this order. */
export const DEFAULT_PATHS = [
  '/etc/lfsb.yml',
  '/etc/litestream.yml',
  '/etc/litestream/litestream.yml',
] as const;

/**
 * The file to read: the one that is named, by a flag, `LFSB_CONFIG` or `LITESTREAM_CONFIG`; else the first that
 * is there. Null when there is none.
 */
export async function findConfig(
  named: string | undefined,
  env: ConfigSurroundings['env'],
  isThere: (path: string) => Promise<boolean> = isFile,
): Promise<string | null> {
  const given = named ?? (env['LFSB_CONFIG'] || env['LITESTREAM_CONFIG'] || undefined);
  if (given !== undefined) return given;
  for (const path of DEFAULT_PATHS) if (await isThere(path)) return path;
  return null;
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    // Not there, or behind a folder that we may not enter: not ours.
    return false;
  }
}

/** There is no configuration to read. */
export const noConfig = (): LfsbError =>
  new LfsbError('ECONFIG', `no configuration: none of ${DEFAULT_PATHS.join(', ')} is there`, {
    hint: 'name one with -config FILE, LFSB_CONFIG or LITESTREAM_CONFIG',
  });

/** @throws LfsbError ECONFIG when the file cannot be read, or is no configuration by its size */
export async function readConfigText(path: string): Promise<string> {
  let bytes: Buffer;
  try {
    const { size } = await stat(path);
    if (size > CONFIG_BYTES_MAX)
      throw new LfsbError('ECONFIG', `${path} has ${size} bytes: not a configuration`);
    bytes = await readFile(path);
  } catch (error) {
    if (error instanceof LfsbError) throw error;
    const { code, message: words } = error as NodeJS.ErrnoException;
    const why = code === 'ENOENT' ? 'no such file or directory' : words;
    const message = `cannot read the configuration ${path}: ${why}`;
    throw new LfsbError('ECONFIG', message, { cause: error });
  }
  return bytes.toString('utf8');
}

/**
 * Finds, reads and checks the configuration of `replicate`; its path is part of the answer.
 * @throws LfsbError ECONFIG
 */
export async function loadAgentConfig(
  named: string | undefined,
  surroundings: ConfigSurroundings,
): Promise<LoadedAgentConfig> {
  const path = await findConfig(named, surroundings.env);
  if (path === null) throw noConfig();
  const { parseLitestreamConfig } = await import('./parse.ts');
  return parseLitestreamConfig(path, await readConfigText(path), surroundings);
}
