/** Columns of a terminal that does not say how many it has. */
const COLUMNS_DEFAULT = 80;

/** The one line on a terminal that is written over and over; nothing anywhere else. */
export function showStatus(text: string): void {
  if (!process.stderr.isTTY) return;
  // A line that is broken in two could not be taken away again.
  const room = (process.stderr.columns || COLUMNS_DEFAULT) - 1;
  process.stderr.write(`\r\x1b[K${text.slice(0, room)}`);
}

/** Takes the line away, so that other output starts on a line of its own. */
export function clearStatus(): void {
  if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
}
