import {
  type CompletedCommand,
  type CompletedFlag,
  type Completes,
  nextWords,
  prefixes,
  spellings,
} from './model.ts';

const FUNCTIONS = `function __lfsb_databases
    lfsb list 2>/dev/null | sed '1d; s/[[:space:]].*//; /^$/d'
end

# Whether the words so far are this command, with so many arguments where that is asked.
function __lfsb_at
    set -l words (commandline -opc)
    set -l cmd ''
    set -l place 0
    set -l skip 0
    for word in $words[2..]
        if test $skip = 1
            set skip 0
        else if string match -q -- '-*' $word
            contains -- "$cmd $word" $__lfsb_valued; and set skip 1
        else if test $place = 0; and contains -- (string trim "$cmd $word") $__lfsb_commands
            set cmd (string trim "$cmd $word")
        else
            set place (math $place + 1)
        end
    end
    contains -- "$cmd" (string split '|' -- $argv[1]); or return 1
    test (count $argv) = 1; or test $argv[2] = any; or test $argv[2] = $place
end

complete -c lfsb -f`;

const sourceOf = (completes: Completes): string => {
  if (completes === 'database') return "-x -a '(__lfsb_databases)'";
  if (completes === 'file') return '-r -F';
  return completes === 'nothing' ? '-x' : `-x -a '${completes.join(' ')}'`;
};

function flagLine(at: string, { long, short, summary, value }: CompletedFlag): string {
  const letter = short === undefined ? '' : ` -s ${short}`;
  return `complete -c lfsb -n "__lfsb_at '${at}'" -l ${long}${letter}${value === undefined ? '' : ` ${sourceOf(value)}`} -d '${summary}'`;
}

function commandLines({ names, flags, args, repeats }: CompletedCommand): string[] {
  const at = names.join('|');
  const ofArgs = args.flatMap((kind, place) => {
    if (kind === 'nothing') return [];
    const where = repeats && place === args.length - 1 ? 'any' : place;
    return [`complete -c lfsb -n "__lfsb_at '${at}' ${where}" ${sourceOf(kind).replace(/^-[xr] /, '')}`];
  });
  return [...ofArgs, ...flags.map((flag) => flagLine(at, flag))];
}

/** A completion script for fish 3 and later. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const valued = commands.flatMap(({ names, flags }) =>
    names.flatMap((name) =>
      flags
        .filter(({ value }) => value !== undefined)
        .flatMap((flag) => spellings(flag).map((each) => `${name} ${each}`)),
    ),
  );
  const words = ['', ...prefixes(commands)].flatMap((at) =>
    [...nextWords(commands, at)].map(
      ([word, summary]) => `complete -c lfsb -n "__lfsb_at '${at}' 0" -a ${word} -d '${summary}'`,
    ),
  );
  const list = (items: readonly string[]): string => items.map((item) => `'${item}'`).join(' ');
  return [
    '# fish completion for lfsb',
    '# lfsb completion fish > ~/.config/fish/completions/lfsb.fish',
    `set -g __lfsb_commands ${list(prefixes(commands))}`,
    `set -g __lfsb_valued ${list(valued)}`,
    FUNCTIONS,
    ...words,
    ...commands.flatMap(commandLines),
    '',
  ].join('\n');
}
