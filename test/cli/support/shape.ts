import { type CliResult, linesOf } from '../../support/cli.ts';

/** The shape of a value: its fields and their types, of a list those of all that is in it. */
function shapeOf(value: unknown): string[] {
  if (value === null) return ['null'];
  if (Array.isArray(value))
    return merged(value.map(shapeOf)).map((line) => (line.startsWith('.') ? `[]${line}` : `[] ${line}`));
  if (typeof value !== 'object') return [typeof value];
  return Object.entries(value).flatMap(([name, each]) =>
    shapeOf(each).map((line) => `.${name}${/^[.[]/.test(line) ? '' : ' '}${line}`),
  );
}

const merged = (shapes: readonly (readonly string[])[]): string[] => [...new Set(shapes.flat())].sort();

/** Shapes of what commands print under `--json`, by the names that they are told by. */
export class Shapes {
  readonly #found = new Map<string, string[][]>();

  add(name: string, { stdout }: CliResult): void {
    // A command that streams prints a value a line, the others one over many.
    const isStream = /^\{".*\}\n/.test(stdout);
    const values = isStream ? linesOf(stdout).map((line) => JSON.parse(line)) : [JSON.parse(stdout)];
    this.#found.set(name, [...(this.#found.get(name) ?? []), merged(values.map(shapeOf))]);
  }

  toString(): string {
    const text = [...this.#found].map(([name, shapes]) =>
      [name, ...merged(shapes).map((line) => `  ${line}`)].join('\n'),
    );
    return `${text.join('\n\n')}\n`;
  }
}
