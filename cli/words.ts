/** `1 file`, `2 files`. */
export const countOf = (count: number, noun: string): string =>
  count === 1 ? `1 ${noun}` : `${count.toLocaleString('en')} ${noun}s`;
