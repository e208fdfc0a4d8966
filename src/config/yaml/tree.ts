import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseDocument,
  type YAMLMap,
} from 'yaml';
import { BadValue, type Findings, type Place } from './problems.ts';

/** Replaces what a text refers to, as variables of the environment. Throws BadValue. */
export type Expand = (text: string) => string;

interface Source {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly expand: Expand;
  readonly findings: Findings;
}

/**
 * A mapping of a YAML file whose settings are taken one by one: each knows where it stands, and those that
 * nobody took are known in the end. Values are taken as text and parsed by who takes them, so `0123` stays what
 * it is, and a wrong one is told with its place.
 */
export class YamlSettings {
  readonly #source: Source;
  readonly #pairs = new Map<string, { readonly key: Node; readonly value: Node | null }>();
  readonly #taken = new Set<string>();
  readonly #path: string;
  readonly #at: Place;

  private constructor(source: Source, map: YAMLMap | null, path: string) {
    this.#source = source;
    this.#path = path;
    this.#at = placeOf(source, map);
    if (map !== null) this.#fill(map);
  }

  /** The mapping that a file is. Problems of the file itself are in `findings`. */
  static parse(text: string, expand: Expand, findings: Findings): YamlSettings {
    const lines = new LineCounter();
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
    const source = { document, lines, expand, findings };
    for (const { pos, message } of [...document.errors, ...document.warnings]) {
      const { line, col } = lines.linePos(pos[0]);
      findings.refuse({ line, column: col, setting: '', message });
    }
    const root = document.contents;
    const usable = isMap(root) && document.errors.length === 0;
    if (!usable && document.errors.length === 0 && root !== null) {
      findings.refuse({ ...placeOf(source, root), setting: '', message: 'not a mapping of settings' });
    }
    return new YamlSettings(source, usable ? root : null, '');
  }

  /** Whether a setting is there with a value. */
  has(key: string): boolean {
    return (this.#pairs.get(key)?.value ?? null) !== null;
  }

  /** The setting as `parse` reads it; undefined where there is none, it is empty, or it is wrong. */
  take<T>(key: string, parse: (text: string) => T): T | undefined {
    const node = this.#node(key);
    if (node === null) return undefined;
    try {
      return parse(this.#text(node));
    } catch (error) {
      if (!(error instanceof BadValue)) throw error;
      this.refuse(key, error.message);
      return undefined;
    }
  }

  /** A mapping below this one. */
  map(key: string): YamlSettings | undefined {
    const node = this.#node(key);
    if (node === null) return undefined;
    if (isMap(node)) return new YamlSettings(this.#source, node, this.#name(key));
    this.refuse(key, 'has to be a mapping of settings');
    return undefined;
  }

  /** A list of mappings below this one. */
  maps(key: string): YamlSettings[] {
    const node = this.#node(key);
    if (node === null) return [];
    if (!isSeq(node)) {
      this.refuse(key, 'has to be a list');
      return [];
    }
    return node.items.flatMap((item, at) => {
      const found = this.#resolve(item as Node);
      if (isMap(found)) return [new YamlSettings(this.#source, found, `${this.#name(key)}[${at}]`)];
      this.#refuseAt(
        placeOf(this.#source, found),
        `${this.#name(key)}[${at}]`,
        'has to be a mapping of settings',
      );
      return [];
    });
  }

  /** A text, or a list of texts. */
  texts(key: string): string[] {
    const node = this.#node(key);
    if (!isSeq(node)) return this.take(key, (text) => [text]) ?? [];
    return node.items.flatMap((item) => {
      const found = this.#resolve(item as Node);
      if (isScalar(found)) return [this.#text(found)];
      this.refuse(key, 'has to be a text, or a list of texts');
      return [];
    });
  }

  /** Where the mapping, or a setting of it, stands. */
  place(key?: string): Place {
    const pair = key === undefined ? undefined : this.#pairs.get(key);
    return pair === undefined ? this.#at : placeOf(this.#source, pair.value ?? pair.key);
  }

  /** Says that a setting, or the mapping, cannot be. */
  refuse(key: string | undefined, message: string): void {
    this.#refuseAt(this.place(key), key === undefined ? this.#path : this.#name(key), message);
  }

  /** Says that a setting has no effect, or another one than was meant. */
  warn(key: string, message: string): void {
    this.#taken.add(key);
    const setting = this.#name(key);
    this.#source.findings.warnings.push({
      ...placeOf(this.#source, this.#pairs.get(key)?.key ?? null),
      setting,
      message,
    });
  }

  /** The settings that nobody took. */
  left(): string[] {
    return [...this.#pairs.keys()].filter((key) => !this.#taken.has(key));
  }

  #fill(map: YAMLMap): void {
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      const key = String(isScalar(pair.key) ? pair.key.value : pair.key);
      const value = pair.value === null ? null : this.#resolve(pair.value);
      // What is merged in from elsewhere counts only where nothing is said here.
      if (key === '<<' && isMap(value)) this.#merge(value);
      else this.#pairs.set(key, { key: pair.key, value: isEmpty(value) ? null : value });
    }
  }

  #merge(other: YAMLMap): void {
    const merged = new YamlSettings(this.#source, other, this.#path);
    for (const [key, pair] of merged.#pairs) if (!this.#pairs.has(key)) this.#pairs.set(key, pair);
  }

  #node(key: string): Node | null {
    this.#taken.add(key);
    return this.#pairs.get(key)?.value ?? null;
  }

  #resolve(node: Node): Node | null {
    if (!isAlias(node)) return node;
    return (node.resolve(this.#source.document) as Node | undefined) ?? null;
  }

  #text(node: Node): string {
    if (!isScalar(node)) throw new BadValue('has to be a single value');
    const plain = node.type === 'PLAIN' && node.source !== undefined;
    return this.#source.expand(plain ? node.source! : String(node.value));
  }

  #name(key: string): string {
    return this.#path === '' ? key : `${this.#path}.${key}`;
  }

  #refuseAt(place: Place, setting: string, message: string): void {
    this.#source.findings.refuse({ ...place, setting, message });
  }
}

const isEmpty = (node: Node | null): boolean => node === null || (isScalar(node) && node.value === null);

function placeOf({ lines }: Source, node: Node | null): Place {
  const offset = node?.range?.[0];
  if (offset === undefined) return { line: 1, column: 1 };
  const { line, col } = lines.linePos(offset);
  return { line, column: col };
}
