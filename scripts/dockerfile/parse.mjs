import { DockerfileParser } from 'dockerfile-ast';

/** A Dockerfile that cannot be carried out here as Docker would. */
export class DockerfileError extends Error {
  constructor(instruction, what) {
    super(`line ${instruction.getRange().start.line + 1}, ${instruction.getKeyword()}: ${what}`);
    this.name = 'DockerfileError';
  }
}

/** Keywords that end in the image's configuration, each of them at most once a stage. */
const EXEC_FORMS = { ENTRYPOINT: 'entrypoint', CMD: 'command' };

/**
 * The stages of a Dockerfile, each with its image, its name and its steps in order. What is not known is an
 * error, so that nothing is ever left out of what is carried out.
 */
export function parseDockerfile(text) {
  const stages = [];
  for (const instruction of DockerfileParser.parse(text).getInstructions()) {
    if (instruction.getKeyword() === 'FROM') {
      refuseFlags(instruction);
      stages.push({ image: instruction.getImage(), name: instruction.getBuildStage(), steps: [] });
    } else if (stages.length === 0) throw new DockerfileError(instruction, 'before any FROM');
    else stages.at(-1).steps.push(stepOf(instruction));
  }
  if (stages.length === 0) throw new Error('the Dockerfile has no FROM');
  return stages;
}

function stepOf(instruction) {
  const keyword = instruction.getKeyword();
  const read = READERS[keyword];
  if (read === undefined) throw new DockerfileError(instruction, 'not known here');
  return { keyword, text: instruction.getArgumentsContent(), ...read(instruction) };
}

const READERS = {
  RUN: (instruction) => {
    refuseFlags(instruction);
    const script = instruction.getArgumentsContent();
    if (/^\s*#/m.test(instruction.getRawArgumentsContent()) || /^\[|<</.test(script))
      throw new DockerfileError(instruction, 'a comment, a list or a here-document inside is not known here');
    return { script };
  },
  COPY: (instruction) => {
    const { from = null } = flagsOf(instruction, ['from']);
    const paths = instruction.getArguments().map((each) => each.getValue());
    if (paths.length < 2) throw new DockerfileError(instruction, 'needs a source and a target');
    if (paths.some((path) => /[*?[\\<"]/.test(path)))
      throw new DockerfileError(instruction, 'plain paths only');
    return {
      from,
      sources: plain(instruction, paths.slice(0, -1)),
      target: plain(instruction, paths).at(-1),
    };
  },
  ENV: (instruction) => {
    const pairs = instruction.getProperties().map((each) => [each.getName(), each.getValue()]);
    if (pairs.some(([, value]) => value === null)) throw new DockerfileError(instruction, 'NAME=VALUE only');
    plain(
      instruction,
      pairs.map(([, value]) => value),
    );
    return { env: Object.fromEntries(pairs) };
  },
  WORKDIR: (instruction) => ({ path: single(instruction) }),
  USER: (instruction) => ({ user: single(instruction) }),
  EXPOSE: (instruction) => ({ port: Number(single(instruction)) }),
  HEALTHCHECK: (instruction) => {
    const timing = flagsOf(instruction, ['interval', 'timeout', 'start-period', 'retries']);
    const [, list] = /^CMD\s+(.*)$/s.exec(instruction.getArgumentsContent()) ?? [];
    if (list === undefined) throw new DockerfileError(instruction, 'CMD [...] only');
    return { timing, argv: listOf(instruction, list) };
  },
  ENTRYPOINT: (instruction) => ({ argv: listOf(instruction, instruction.getArgumentsContent()) }),
  CMD: (instruction) => ({ argv: listOf(instruction, instruction.getArgumentsContent()) }),
};

/** The exec form: with the other one a shell would be process 1, and no signal would reach the program. */
function listOf(instruction, text) {
  try {
    const list = JSON.parse(text);
    if (Array.isArray(list) && list.length > 0 && list.every((each) => typeof each === 'string')) return list;
  } catch {}
  throw new DockerfileError(instruction, 'exec form only: ["PROGRAM", "ARGUMENT"]');
}

function single(instruction) {
  const values = instruction.getArguments().map((each) => each.getValue());
  if (values.length !== 1) throw new DockerfileError(instruction, 'takes one value');
  return plain(instruction, values)[0];
}

function plain(instruction, values) {
  if (values.some((value) => value.includes('$')))
    throw new DockerfileError(instruction, 'variables are not known here');
  return values;
}

function flagsOf(instruction, known) {
  const flags = instruction.getFlags().map((flag) => [flag.getName(), flag.getValue()]);
  const unknown = flags.find(([name, value]) => !known.includes(name) || !value);
  if (unknown !== undefined) throw new DockerfileError(instruction, `--${unknown[0]} is not known here`);
  return Object.fromEntries(flags);
}

const refuseFlags = (instruction) => flagsOf(instruction, []);

/** What the last stage tells Docker of how to run it. */
export function configOf({ steps }) {
  const config = {
    env: {},
    workdir: '/',
    user: 'root',
    ports: [],
    healthcheck: null,
    entrypoint: [],
    command: [],
  };
  for (const { keyword, ...step } of steps) {
    if (keyword === 'ENV') Object.assign(config.env, step.env);
    if (keyword === 'WORKDIR') config.workdir = step.path;
    if (keyword === 'USER') config.user = step.user;
    if (keyword === 'EXPOSE') config.ports.push(step.port);
    if (keyword === 'HEALTHCHECK') config.healthcheck = step;
    const part = EXEC_FORMS[keyword];
    if (part !== undefined) config[part] = step.argv;
  }
  return config;
}
