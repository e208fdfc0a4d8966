/**
 * The arrows: which folder may import which. A folder that is not in this table may neither import nor be
 * imported, so a new one gets its line here first.
 */
const PURE = ['errors', 'ltx', 'events', 'commands', 'projections'];
const SHELL = ['log', 'storage', 'sources', 'compactor', 'engine', 'config'];

const MAY_IMPORT = {
  errors: [],
  ltx: [],
  client: ['errors', 'ltx'],
  events: ['errors', 'ltx'],
  commands: ['errors', 'ltx', 'events'],
  projections: ['errors', 'ltx', 'events', 'commands'],
  config: ['errors'],
  log: [...PURE, ...SHELL],
  storage: [...PURE, ...SHELL],
  sources: [...PURE, ...SHELL],
  compactor: [...PURE, ...SHELL],
  engine: [...PURE, ...SHELL],
  agent: [...PURE, ...SHELL, 'http'],
  http: [...PURE, ...SHELL],
};

const anyOf = (names) => names.join('|');

/** Files of src itself, but for the composition root: what the whole shell uses, as the log lines. */
const LOOSE = '^src/(?!server\\.ts$)[^/]+\\.ts$';
const KNOWN = `^src/((${anyOf(Object.keys(MAY_IMPORT))})/|[^/]+\\.ts$)`;
const maySeeLoose = (folder) => ![...PURE, 'client'].includes(folder);

const arrows = Object.entries(MAY_IMPORT).map(([folder, allowed]) => ({
  name: `arrow-${folder}`,
  comment: `src/${folder} may import ${allowed.join(', ') || 'nothing but itself'}`,
  severity: 'error',
  from: { path: `^src/${folder}/` },
  to: {
    path: '^(src|cli)/',
    pathNot: [`^src/(${anyOf([folder, ...allowed])})/`, ...(maySeeLoose(folder) ? [LOOSE] : [])],
  },
}));

/** Compactor plans decide, the rest of that folder acts; so do a source's decisions, and what knows its WAL. */
const PURE_CODE = `^src/((${anyOf(PURE)})/|compactor/plan|sources/(wal|decisions)/)`;

module.exports = {
  forbidden: [
    ...arrows,
    {
      name: 'arrow-compactor-plan',
      comment: 'a plan is a decision: it may import what decisions are made of, and nothing that acts',
      severity: 'error',
      from: { path: '^src/compactor/plan' },
      to: { path: '^(src|cli)/', pathNot: `^src/((${anyOf(PURE)})/|compactor/plan)` },
    },
    {
      name: 'arrow-cli',
      comment: 'commands start a server or the agent, reach a server by the client, and files by the codec',
      severity: 'error',
      from: { path: '^cli/' },
      to: { path: '^src/', pathNot: '^src/((errors|ltx|config|client|agent)/|(server|logging)\\.ts$)' },
    },
    {
      name: 'arrow-loose-files',
      comment: 'what the whole shell uses knows nothing of what the shell does',
      severity: 'error',
      from: { path: LOOSE },
      to: { path: '^(src|cli)/', pathNot: [LOOSE, '^src/(errors|config)/'] },
    },
    {
      name: 'folder-without-an-arrow',
      comment: 'a folder of src has to have a line in MAY_IMPORT',
      severity: 'error',
      from: {},
      to: { path: '^src/', pathNot: KNOWN },
    },
    {
      name: 'folder-without-an-arrow-imports',
      comment: 'a folder of src has to have a line in MAY_IMPORT',
      severity: 'error',
      from: { path: '^src/', pathNot: KNOWN },
      to: {},
    },
    {
      name: 'concrete-adapter',
      comment: 'only the composition root and the command line choose an adapter',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(storage/|server\\.ts$)' },
      to: { path: '^src/storage/(directory|s3|sftp)' },
    },
    {
      name: 'pure-core',
      comment: 'what decides does no I/O',
      severity: 'error',
      from: { path: PURE_CODE },
      to: {
        path: [
          '^(node:)?(fs|fs/promises|net|http|https|http2|tls|dgram|dns|worker_threads|child_process|os)$',
          'node_modules/(better-sqlite3|fastify|pino|prom-client|ssh2|@sentry|@aws-sdk|@oclif)/',
        ],
      },
    },
    {
      name: 'codec-has-no-packages',
      comment: 'the file format depends on nothing that may change under it',
      severity: 'error',
      from: { path: '^src/(ltx|errors)/' },
      to: { path: 'node_modules/' },
    },
    {
      name: 'no-cycle',
      comment: 'two modules that need each other are one module, or lack a third',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'unresolvable',
      comment: 'an import that leads nowhere would hide an arrow',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
    {
      name: 'development-only',
      comment: 'what runs may not need what is only installed for development',
      severity: 'error',
      from: { path: '^(src|cli)/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'], pathNot: 'node_modules/@types/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      extensions: ['.ts', '.js', '.json'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'types'],
    },
    skipAnalysisNotInRules: true,
  },
};
