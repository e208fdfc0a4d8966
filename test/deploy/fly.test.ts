import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configOf, parseDockerfile } from '../../scripts/dockerfile/parse.mjs';
import { DEFAULT_BIND } from '../../src/config/config.ts';
import { loadConfig } from '../../src/config/index.ts';
import { SHUTDOWN_MS_MAX } from '../../src/http/door.ts';
import { findTool, requireTool } from '../support/requires.ts';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');
const TO_JSON = 'import json, sys, tomllib; json.dump(tomllib.load(sys.stdin.buffer), sys.stdout)';

interface FlyToml {
  readonly env: Readonly<Record<string, string>>;
  readonly kill_signal: string;
  readonly kill_timeout: number;
  readonly mounts: readonly { readonly destination: string }[];
  readonly http_service: {
    readonly internal_port: number;
    readonly checks: readonly { readonly path: string }[];
  };
}

requireTool('python3', findTool('python3', []))('fly.toml', () => {
  const fly: FlyToml = JSON.parse(
    execFileSync('python3', ['-c', TO_JSON], { input: read('fly.toml'), encoding: 'utf8' }),
  );

  test('is for one machine that is never stopped, without a public certificate to insist on', () => {
    expect(fly.http_service).toMatchObject({
      auto_stop_machines: 'off',
      min_machines_running: 1,
      force_https: false,
    });
  });

  test('has one volume, where the data is', () => {
    expect(fly.mounts.map(({ destination }) => destination)).toEqual([fly.env['LFSB_DATA_PATH']]);
    const image = configOf(parseDockerfile(read('Dockerfile')).at(-1)!);
    expect(image.env['LFSB_DATA_PATH']).toBe(fly.env['LFSB_DATA_PATH']);
  });

  test('sets what the server knows, for people who read its log', () => {
    const { config, warnings } = loadConfig(fly.env);
    expect(warnings).toEqual([]);
    expect(config).toMatchObject({ dataPath: '/data', logFormat: 'text' });
    expect(`:${fly.http_service.internal_port}`).toBe(DEFAULT_BIND);
    expect(config.bind.port).toBe(fly.http_service.internal_port);
  });

  test('asks whether it lives and whether it serves', () => {
    expect(fly.http_service.checks.map(({ path }) => path)).toEqual(['/healthz', '/readyz']);
  });

  test('gives what is in flight the time to finish', () => {
    expect(fly.kill_signal).toBe('SIGTERM');
    expect(fly.kill_timeout * 1_000).toBeGreaterThan(SHUTDOWN_MS_MAX);
  });
});
