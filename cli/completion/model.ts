import type { Command } from '@oclif/core/command';

/** What a value or an argument is completed from. */
export type Completes = 'database' | 'file' | 'nothing' | readonly string[];

/** A flag with all of its spellings. */
export interface CompletedFlag {
  readonly long: string;
  readonly short: string | undefined;
  readonly summary: string;
  /** Undefined for one without a value. */
  readonly value: Completes | undefined;
}

/** A command as a shell has to know it. */
export interface CompletedCommand {
  /** `log show`; aliases are commands of their own that lead to the same. */
  readonly names: readonly string[];
  readonly summary: string;
  readonly flags: readonly CompletedFlag[];
  readonly args: readonly Completes[];
  /** The last argument may come again and again. */
  readonly repeats: boolean;
}

type Loadable = Pick<Command.Loadable, 'id' | 'aliases' | 'summary' | 'flags' | 'args' | 'strict' | 'hidden'>;

const NAMES: Readonly<Record<string, Completes>> = {
  db: 'database',
  file: 'file',
  output: 'file',
  data: 'file',
  config: 'file',
};

const completesOf = (name: string, options?: readonly string[]): Completes =>
  options ?? NAMES[name] ?? 'nothing';

/** One line, without what a shell would take for its own. */
const plain = (text: string | undefined): string =>
  (text ?? '').replace(/[^\w ,.;()/-]/g, '').replace(/\.$/, '');

/** The commands of the program and of its plugins, as the shells are told of them. */
export function completedCommands(commands: readonly Loadable[]): CompletedCommand[] {
  return commands
    .filter(({ hidden }) => !hidden)
    .map(({ id, aliases, summary, flags, args, strict }) => ({
      names: [id, ...aliases].map((name) => name.replaceAll(':', ' ')),
      summary: plain(summary),
      flags: Object.entries(flags).map(([name, flag]) => ({
        long: name,
        short: flag.char,
        summary: plain(flag.summary),
        value: flag.type === 'boolean' ? undefined : completesOf(name, flag.options),
      })),
      args: Object.entries(args).map(([name, arg]) => completesOf(name, arg.options)),
      repeats: strict === false,
    }))
    .sort((a, b) => (a.names[0]! < b.names[0]! ? -1 : 1));
}

/** What may follow the words of a command line so far: the next words of longer commands. */
export function nextWords(commands: readonly CompletedCommand[], words: string): Map<string, string> {
  const found = new Map<string, string>();
  for (const { names, summary } of commands) {
    const name = names[0]!;
    if (words !== '' && !name.startsWith(`${words} `)) continue;
    const rest = words === '' ? name : name.slice(words.length + 1);
    const word = rest.split(' ', 1)[0]!;
    if (rest === word) found.set(word, summary);
    else if (!found.has(word)) found.set(word, `${word} ...`);
  }
  return found;
}

/** All that a command line may begin with: commands, aliases, topics. Longer ones include the shorter. */
export function prefixes(commands: readonly CompletedCommand[]): string[] {
  const all = commands.flatMap(({ names }) => names);
  const topics = all.flatMap((name) => name.split(' ').map((_, i, words) => words.slice(0, i + 1).join(' ')));
  return [...new Set(topics)].sort();
}

/** `--output`, and `-o` where there is one. */
export const spellings = ({ long, short }: CompletedFlag): string[] =>
  short === undefined ? [`--${long}`] : [`--${long}`, `-${short}`];
