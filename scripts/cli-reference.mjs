// The part of docs/cli.md that follows from the commands: what each does, takes and prints an example of.
import { readFileSync } from 'node:fs';

const BEGIN = '<!-- commands: made by `npm run docs` -->';
const END = '<!-- end of commands -->';

const project = new URL('..', import.meta.url);
const BIN = 'lfsb';

const cell = (text) => text.replaceAll('|', '\\|').replaceAll('\n', ' ');
const filled = (text) => text.replaceAll('<%= config.bin %>', BIN);

function usageOf({ id, args, flags, strict }) {
  const words = Object.values(args).map(({ name, required }) => {
    const word = `${name.toUpperCase()}${strict === false ? '...' : ''}`;
    return required ? word : `[${word}]`;
  });
  const own = Object.values(flags).some(({ name }) => name !== 'json');
  return [BIN, id.replaceAll(':', ' '), ...words, ...(own ? ['[FLAGS]'] : [])].join(' ');
}

function flagRow({ name, char, type, helpValue, options, summary, default: preset }) {
  const value = type === 'boolean' ? '' : ` ${options?.join('\\|') ?? helpValue ?? 'VALUE'}`;
  const names = [...(char === undefined ? [] : [`-${char}`]), `--${name}`].join(', ');
  const unless = preset === undefined || type === 'boolean' ? '' : `; \`${preset}\` unless given`;
  return `| \`${names}${value.replaceAll('\\|', '|')}\` | ${cell(summary ?? '')}${unless} |`.replace(
    /`([^`]*)`/,
    (code) => code.replaceAll('|', '\\|'),
  );
}

function exampleLines(examples) {
  return examples.flatMap((example) => {
    if (typeof example === 'string') return [filled(example)];
    return [`# ${example.description}`, filled(example.command)];
  });
}

/** The flags that all commands of a server have are told once. */
const isCommon = ({ helpGroup, name }) => helpGroup === 'GLOBAL' || name === 'json';

function section(command) {
  const { id, aliases, summary, description, args, flags, examples = [] } = command;
  const lines = [`### \`${BIN} ${id.replaceAll(':', ' ')}\``, ''];
  lines.push(summary, ...(description === undefined ? [] : ['', filled(description)]), '');
  lines.push('```sh', usageOf(command), ...exampleLines(examples), '```', '');
  if (aliases.length > 0) lines.push(`Also \`${aliases.map((each) => `${BIN} ${each}`).join('`, `')}\`.`, '');
  const rows = [
    ...Object.values(args).map((arg) => `| \`${arg.name.toUpperCase()}\` | ${cell(arg.description ?? '')} |`),
    ...Object.values(flags)
      .filter((flag) => !isCommon(flag) && !flag.hidden)
      .map(flagRow),
  ];
  if (rows.length > 0) lines.push('| | |', '| --- | --- |', ...rows, '');
  return lines.join('\n');
}

/** The reference of all commands of the manifest, in their order. */
export function reference() {
  const { commands } = JSON.parse(readFileSync(new URL('oclif.manifest.json', project), 'utf8'));
  return Object.values(commands)
    .filter(({ hidden }) => !hidden)
    .sort((a, b) => (a.id < b.id ? -1 : 1))
    .map(section)
    .join('\n');
}

/** docs/cli.md as it should be, given what it is. */
export function withReference(text) {
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin === -1 || end < begin) throw new Error('docs/cli.md has no place for the commands');
  return `${text.slice(0, begin + BEGIN.length)}\n\n${reference()}\n${text.slice(end)}`;
}
