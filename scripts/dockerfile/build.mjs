import { mkdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makeBase } from './base.mjs';
import { copyInto, layContext } from './context.mjs';
import { configOf, parseDockerfile } from './parse.mjs';
import { must, runIn } from './root.mjs';

/**
 * Carries a project's Dockerfile out in `folder`, a step after another, as `docker build` would; every stage gets a root
 * of its own. Returns the last one's, and how it is to be run.
 */
export function buildImage({ project, folder, say }) {
  const stages = parseDockerfile(readFileSync(join(project, 'Dockerfile'), 'utf8'));
  const context = join(folder, 'context');
  layContext(project, context);
  const bases = new Map();
  const roots = new Map();
  const baseOf = (image) => {
    if (!bases.has(image)) {
      const base = join(folder, `base-${bases.size}`);
      say(`FROM ${makeBase(image, base)}`);
      bases.set(image, base);
    }
    return bases.get(image);
  };
  let root = '';
  for (const [index, stage] of stages.entries()) {
    root = join(folder, `stage-${index}`);
    must('cp', ['--archive', baseOf(stage.image), root]);
    const rootOf = (name) => {
      if (name === null) return context;
      if (!roots.has(name)) throw new Error(`COPY --from=${name}: no stage before it has that name`);
      return roots.get(name);
    };
    carryOut(stage, { root, rootOf, say });
    if (stage.name !== null) roots.set(stage.name, root);
  }
  return { root, base: baseOf(stages.at(-1).image), config: configOf(stages.at(-1)) };
}

function carryOut({ steps }, { root, rootOf, say }) {
  let workdir = '/';
  let user = 'root';
  const env = {};
  const carry = {
    RUN: ({ script }) => {
      if (user !== 'root') throw new Error('RUN after USER is not known here');
      runIn(root, script, { workdir, env });
    },
    COPY: ({ from, sources, target }) => copyInto({ root, workdir, from: rootOf(from), sources, target }),
    ENV: (step) => Object.assign(env, step.env),
    WORKDIR: ({ path }) => {
      workdir = resolve(workdir, path);
      mkdirSync(join(root, workdir), { recursive: true });
    },
    USER: (step) => {
      user = step.user;
    },
  };
  for (const step of steps) {
    say(`${step.keyword} ${step.text}`);
    // The others only say how the image is run.
    carry[step.keyword]?.(step);
  }
}
