import { stat } from 'node:fs/promises';
import { formatChecksum, formatTxid, type LtxHeader, type LtxTrailer } from '../../src/ltx/index.ts';

/** What `ltx apply` and `ltx compact` print of the file that they made. */
export interface MadeFile {
  readonly file: string;
  readonly inputs: number;
  readonly minTxid: string;
  readonly maxTxid: string;
  readonly pageSize: number;
  readonly commit: number;
  readonly postApplyChecksum: string;
  readonly sizeBytes: number;
}

/** Describes a file that was made from `inputs` files. */
export async function resultOf(
  file: string,
  inputs: number,
  { header, trailer }: { readonly header: LtxHeader; readonly trailer: LtxTrailer },
): Promise<MadeFile> {
  return {
    file,
    inputs,
    minTxid: formatTxid(header.minTxid),
    maxTxid: formatTxid(header.maxTxid),
    pageSize: header.pageSize,
    commit: header.commit,
    postApplyChecksum: formatChecksum(trailer.postApplyChecksum),
    sizeBytes: (await stat(file)).size,
  };
}

/** One line for a person. */
export function textOf(made: MadeFile): string {
  const { file, inputs, minTxid, maxTxid, pageSize, commit, sizeBytes } = made;
  const from = inputs === 1 ? '1 file' : `${inputs} files`;
  return `${file}: txid ${minTxid}-${maxTxid}, ${pageSize} B pages, commit ${commit}, ${sizeBytes} B from ${from}`;
}
