import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { layContext, parseIgnoreFile } from '../../scripts/dockerfile/context.mjs';
import { configOf, parseDockerfile } from '../../scripts/dockerfile/parse.mjs';
import { DEFAULT_BIND } from '../../src/config/config.ts';
import { tempDir } from '../support/temp-dir.ts';

const read = (name: string): string => readFileSync(new URL(`../../${name}`, import.meta.url), 'utf8');

describe('the Dockerfile', () => {
  const stages = parseDockerfile(read('Dockerfile'));
  const config = configOf(stages.at(-1)!);

  test('is built from images of one exact version', () => {
    const images = new Set(stages.map(({ image }) => image));
    expect([...images]).toEqual([expect.stringMatching(/^node:20\.\d+\.\d+-bookworm-slim$/)]);
  });

  test('runs the server as a user of its own, as process 1', () => {
    expect(config).toMatchObject({ user: 'node', entrypoint: ['lfsb'], command: ['serve'] });
  });

  test('listens where it says, and keeps its data on the volume', () => {
    expect(config.env).toMatchObject({ LFSB_BIND: DEFAULT_BIND, LFSB_DATA_PATH: '/data' });
    expect(config.ports.map((port) => `:${port}`)).toEqual([DEFAULT_BIND]);
  });
});

describe('what cannot be carried out as Docker would is refused', () => {
  test.each([
    ['FROM node:20\nADD a b', 'line 2, ADD: not known here'],
    ['FROM node:20\nVOLUME /data', 'line 2, VOLUME: not known here'],
    ['FROM node:20\nBOGUS x', 'line 2, BOGUS: not known here'],
    ['ARG A\nFROM node:20', 'line 1, ARG: before any FROM'],
    ['FROM --platform=linux/amd64 node:20', 'line 1, FROM: --platform is not known here'],
    ['FROM node:20\nRUN --mount=type=cache,target=/x true', 'line 2, RUN: --mount is not known here'],
    ['FROM node:20\nRUN ["true"]', 'line 2, RUN: a comment, a list or'],
    ['FROM node:20\nRUN true \\\n  # why\n  && false', 'line 2, RUN: a comment, a list or'],
    ['FROM node:20\nCOPY --chown=node a b', 'line 2, COPY: --chown is not known here'],
    ['FROM node:20\nCOPY *.json ./', 'line 2, COPY: plain paths only'],
    ['FROM node:20\nCOPY a', 'line 2, COPY: needs a source and a target'],
    ['FROM node:20\nENV PATH=/x:$PATH', 'line 2, ENV: variables are not known here'],
    ['FROM node:20\nENTRYPOINT lfsb', 'line 2, ENTRYPOINT: exec form only'],
    ['FROM node:20\nHEALTHCHECK NONE', 'line 2, HEALTHCHECK: CMD [...] only'],
    ['# nothing', 'the Dockerfile has no FROM'],
  ])('%j', (text, what) => {
    expect(() => parseDockerfile(text)).toThrow(what);
  });

  test.each([['src\n'], ['*\n!src/*.ts\n'], ['*\nsrc\n'], ['']])('.dockerignore %j', (text) => {
    expect(() => parseIgnoreFile(text)).toThrow('.dockerignore');
  });
});

describe('.dockerignore', () => {
  test('lets through what is listed, and no generated file', () => {
    const [project, target] = [tempDir(), tempDir()];
    mkdirSync(join(project, 'src/deep'), { recursive: true });
    for (const path of ['package.json', 'secret', 'src/a.ts', 'src/deep/b.generated.ts'])
      writeFileSync(join(project, path), path);
    writeFileSync(join(project, '.dockerignore'), '*\n!package.json\n!src\n**/*.generated.ts\n');
    layContext(project, target);
    const laid = readdirSync(target, { recursive: true, encoding: 'utf8' }).sort();
    expect(laid).toEqual(['package.json', 'src', 'src/a.ts', 'src/deep']);
  });

  test('names only what is there', () => {
    const there = readdirSync(new URL('../../', import.meta.url));
    expect(there).toEqual(expect.arrayContaining([...parseIgnoreFile(read('.dockerignore')).allowed]));
  });
});
