/** A text in a style of the terminal, where standard output is one that wants it. */
const styled = (code: number, text: string): string =>
  process.stdout.isTTY === true && !process.env['NO_COLOR'] ? `\x1b[${code}m${text}\x1b[0m` : text;

export const bold = (text: string): string => styled(1, text);
export const dim = (text: string): string => styled(2, text);
/** Something that a person should look into. */
export const warning = (text: string): string => styled(31, text);

/** Lines as litefs-backup prints them, which scripts cut at tabs or blanks: cells of one width, a tab between. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('\t'),
  );
  return `${lines.join('\n')}\n\n`;
}

/** Lines for people: cells of one width, two blanks between. */
export function columns(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]): string =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ');
  return `${[bold(line(head)), ...rows.map(line)].join('\n')}\n`;
}

/** `  name = value` lines under a title. */
export function fields(title: string, values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values);
  const width = Math.max(...entries.map(([name]) => name.length));
  const lines = entries.map(([name, value]) => `  ${name.padEnd(width)} = ${value}`);
  return `${bold(title)}\n${lines.join('\n')}\n\n`;
}
