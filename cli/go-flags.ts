/** Flags as Go programs have them: one dash, whole names. */
interface GoFlags {
  /** Take a value, in the next argument or behind `=`. */
  readonly values: readonly string[];
  /** Stand alone, or with `=true` or `=false`. */
  readonly switches: readonly string[];
  /** One letter, with a value; left as they are, but their value is no flag. */
  readonly letters: readonly string[];
}

const CONFIG = { values: ['config'], switches: ['no-expand-env'], letters: ['c'] };
const LOG = { ...CONFIG, letters: ['c', 'e', 'n'] };

/** The commands that Litestream has too, by what stands before their arguments. */
const COMMANDS: Readonly<Record<string, GoFlags>> = {
  replicate: {
    values: ['config', 'exec', 'addr', 'log-level'],
    switches: ['once', 'no-expand-env', 'restore-if-db-not-exists', 'force-snapshot', 'enforce-retention'],
    letters: ['c', 'e'],
  },
  restore: restoreFlags(),
  r: restoreFlags(),
  databases: CONFIG,
  'config check': CONFIG,
  log: LOG,
  'log show': LOG,
  'log verify': LOG,
  'ltx list': { ...CONFIG, values: ['config', 'level', 'replica'] },
};

function restoreFlags(): GoFlags {
  return {
    values: [
      'config',
      'replica',
      'timestamp',
      'txid',
      'parallelism',
      'integrity-check',
      'generation',
      'index',
    ],
    switches: ['if-replica-exists', 'if-db-not-exists', 'no-expand-env', 'force', 'check'],
    letters: ['c', 'o', 'e'],
  };
}

/**
 * Rewrites `-config FILE` to `--config FILE` for the commands that Litestream's users have in scripts and unit
 * files: the parser would take it for `-c onfig`. Single letters stay what they are, and so do values.
 */
export function rewriteGoFlags(argv: readonly string[]): string[] {
  const words = [2, 1].find((count) => COMMANDS[argv.slice(0, count).join(' ')] !== undefined);
  if (words === undefined) return [...argv];
  const flags = COMMANDS[argv.slice(0, words).join(' ')]!;
  const rewritten = argv.slice(0, words);
  let isValue = false;
  for (const [at, arg] of argv.slice(words).entries()) {
    if (arg === '--') return [...rewritten, ...argv.slice(words + at)];
    if (!isValue) rewritten.push(...rewriteOne(arg, flags));
    else rewritten.push(arg);
    isValue = !isValue && takesNext(arg, flags);
  }
  return rewritten;
}

function rewriteOne(arg: string, { values, switches }: GoFlags): string[] {
  const match = /^-([a-z][a-z-]+)(=.*)?$/s.exec(arg);
  const [, name = '', value = ''] = match ?? [];
  if (values.includes(name)) return [`--${name}${value}`];
  if (!switches.includes(name)) return [arg];
  if (value === '' || /^=(1|t|true)$/i.test(value)) return [`--${name}`];
  return /^=(0|f|false)$/i.test(value) ? [] : [`--${name}${value}`];
}

function takesNext(arg: string, { values, letters }: GoFlags): boolean {
  const name = /^--?([a-z][a-z-]*)$/.exec(arg)?.[1] ?? '';
  return values.includes(name) || (arg === `-${name}` && letters.includes(name));
}
