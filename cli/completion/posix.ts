import { type CompletedCommand, type Completes, nextWords, prefixes, spellings } from './model.ts';

const caseOf = (entries: Iterable<readonly [string, string]>): string =>
  [...entries].map(([pattern, body]) => `    ${pattern}) ${body} ;;`).join('\n');

const quoted = (names: readonly string[]): string => names.map((name) => `"${name}"`).join('|');

const kindOf = (completes: Completes): string =>
  typeof completes === 'string' ? completes : `one of ${completes.join(' ')}`;

const printed = (items: Iterable<readonly [string, string]>): string =>
  `printf '%s\\t%s\\n' ${[...items].map(([name, summary]) => `'${name}' '${summary}'`).join(' ')}`;

const tableOf = (name: string, cases: string): string =>
  cases === '' ? `${name}() { :; }` : `${name}() {\n  case "$1" in\n${cases}\n  esac\n}`;

/**
 * What bash and zsh know in common, as functions that both understand: which words make a command, and for each
 * command what may follow, its flags, and what its values and arguments are.
 */
export function posixTables(commands: readonly CompletedCommand[]): string {
  const all = prefixes(commands);
  const next = all.concat('').flatMap((words) => {
    const found = nextWords(commands, words);
    return found.size === 0 ? [] : [[`"${words}"`, printed(found)] as const];
  });
  const flags = commands.map(
    (each) =>
      [
        quoted(each.names),
        printed(each.flags.flatMap((flag) => spellings(flag).map((name) => [name, flag.summary] as const))),
      ] as const,
  );
  const values = commands.flatMap((each) =>
    each.flags.flatMap((flag) =>
      flag.value === undefined
        ? []
        : each.names.flatMap((name) =>
            spellings(flag).map(
              (spelling) => [`"${name} ${spelling}"`, `echo ${kindOf(flag.value!)}`] as const,
            ),
          ),
    ),
  );
  const args = commands.flatMap(({ names, args: kinds, repeats }) =>
    kinds.flatMap((kind, at) => {
      const place = repeats && at === kinds.length - 1 ? '[0-9]*' : `${at}`;
      return names.map((name) => [`"${name} "${place}`, `echo ${kindOf(kind)}`] as const);
    }),
  );
  return [
    tableOf(
      '_lfsb_is_command',
      caseOf([
        [quoted(all), 'return 0'],
        ['*', 'return 1'],
      ]),
    ),
    tableOf('_lfsb_next', caseOf(next)),
    tableOf('_lfsb_flags', caseOf(flags)),
    tableOf('_lfsb_value', caseOf(values)),
    tableOf('_lfsb_arg', caseOf(args)),
    "_lfsb_databases() { lfsb list 2>/dev/null | sed '1d; s/[[:space:]].*//; /^$/d'; }",
  ].join('\n\n');
}
