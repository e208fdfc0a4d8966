import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { metadataFromFile } from '../../src/compactor/run/metadata.ts';
import { formatTxid, mergeLtx } from '../../src/ltx/index.ts';
import { openReplica, type Replica } from '../../src/storage/index.ts';
import type { ModelDatabase } from '../support/ltx-fixtures.ts';

/** The folder of one database on a replica, filled by hand. */
export class ReplicaFolder {
  readonly path: string;

  constructor(path: string) {
    this.path = path;
    mkdirSync(path, { recursive: true });
  }

  /** Puts transactions `from` to `to` (TXIDs, inclusive) of a model there as one file. */
  async put(level: number, model: ModelDatabase, from: number, to: number): Promise<string> {
    const inputs = model.transactions.slice(from - 1, to).map(({ ltx }) => ltx);
    const chunks: Uint8Array[] = [];
    const asSnapshot = level === 9;
    const sources = inputs.map(async function* (ltx) {
      yield ltx;
    });
    for await (const chunk of mergeLtx(sources, { compress: true, asSnapshot })) {
      chunks.push(Uint8Array.from(chunk));
    }
    return this.write(
      `${level}/${formatTxid(BigInt(from))}-${formatTxid(BigInt(to))}.ltx`,
      Buffer.concat(chunks),
    );
  }

  write(key: string, bytes: Uint8Array): string {
    const path = join(this.path, key);
    mkdirSync(join(path, '..'), { recursive: true });
    writeFileSync(path, bytes);
    return key;
  }

  remove(key: string): void {
    rmSync(join(this.path, key));
  }

  files(level: number): string[] {
    return readdirSync(join(this.path, String(level))).sort();
  }

  open(): Promise<Replica> {
    return openReplica(`file://${this.path}`, { readMetadata: metadataFromFile });
  }
}
