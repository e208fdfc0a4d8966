import { readFileSync } from 'node:fs';
import type { LtxHeader, LtxTrailer } from '../../src/ltx/index.ts';
import { sharedPath } from '../support/shared.ts';

/** What the manifest of the golden files says of one database. */
export interface DatabaseVector {
  bytes: number;
  sha256: string;
}

/** What it says of one valid file. Fields are spelled as its README explains. */
export interface FileVector {
  file: string;
  bytes: number;
  sha256: string;
  header: Record<keyof LtxHeader, string | number>;
  pages: [number, number][];
  pageCount: number;
  pageBlockBytes: number;
  pageBlockSha256: string;
  trailer: Record<keyof LtxTrailer, string>;
  database: DatabaseVector | null;
}

export interface ValidVector extends FileVector {
  kind: 'file';
  name: string;
  base: { pages: number; fill: 'zeros' | 'pattern' };
}

export interface InvalidVector {
  kind: 'invalid';
  name: string;
  description: string;
  file: string;
  strict: 'accept' | 'reject';
  basis: string;
}

export interface ChainVector {
  kind: 'chain';
  name: string;
  files: FileVector[];
}

export interface CompactionVector extends Omit<FileVector, 'file'> {
  kind: 'compaction';
  name: string;
  inputs: string[];
  headerFlags: number;
  strict: 'accept' | 'reject';
  file?: string;
  baseFile?: string;
}

export type Vector = ValidVector | InvalidVector | ChainVector | CompactionVector;

const manifest = JSON.parse(readFileSync(sharedPath('vectors', 'manifest.json'), 'utf8')) as Vector[];

/** All vectors of one kind. */
export function vectors<K extends Vector['kind']>(kind: K): Extract<Vector, { kind: K }>[] {
  return manifest.filter((entry): entry is Extract<Vector, { kind: K }> => entry.kind === kind);
}

/** The bytes of a golden file. */
export function vectorBytes(file: string): Uint8Array {
  return new Uint8Array(readFileSync(sharedPath('vectors', file)));
}
