/** Bold on a terminal that wants it. */
export function bold(text: string): string {
  const wanted = process.stdout.isTTY === true && !process.env['NO_COLOR'];
  return wanted ? `\x1b[1m${text}\x1b[0m` : text;
}

/** Lines as litefs-backup prints them, which scripts cut at tabs or blanks: cells of one width, a tab between. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column]!))).join('\t'),
  );
  return `${lines.join('\n')}\n\n`;
}

/** `  name = value` lines under a title. */
export function fields(title: string, values: Readonly<Record<string, string>>): string {
  const entries = Object.entries(values);
  const width = Math.max(...entries.map(([name]) => name.length));
  const lines = entries.map(([name, value]) => `  ${name.padEnd(width)} = ${value}`);
  return `${bold(title)}\n${lines.join('\n')}\n\n`;
}
