import { fields } from './table.ts';

/** What a command says of what it did: text for a person, the result for a program. */
export interface Told {
  readonly text: string;
  readonly result: object;
}

/** `values` under a title, which are the result where no other is given. */
export const tell = (
  title: string,
  values: Readonly<Record<string, string>>,
  result: object = values,
): Told => ({
  text: fields(title, values),
  result,
});
