/**
 * What is wrong with an event:
 *
 * - `text`: its canonical text is not UTF-8, not JSON or no event; `canonical`: not in canonical form;
 * - `digest`: not the digest of the text; `hash`: not the hash of the chain so far and the digest;
 * - `gap`: an event is missing, or is not where its number says; `version`: its stream has a gap before it;
 * - `column`: an indexed column does not say what the text says; `index`: an index entry does not;
 * - `head`: the chain is not the one whose head was kept; `schema`: a table, index or trigger is not there.
 */
export type BreachKind =
  | 'text'
  | 'canonical'
  | 'digest'
  | 'hash'
  | 'gap'
  | 'version'
  | 'column'
  | 'index'
  | 'head'
  | 'schema';

/** The first thing found wrong; it ends a verification and is turned into its verdict. */
export class Breach extends Error {
  override readonly name = 'Breach';
  readonly seq: number;
  readonly kind: BreachKind;

  constructor(seq: number, kind: BreachKind, message: string) {
    super(message);
    this.seq = seq;
    this.kind = kind;
  }
}
