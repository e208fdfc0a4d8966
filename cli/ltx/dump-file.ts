import {
  describeDecoded,
  formatChecksum,
  type LtxDescription,
  type LtxHeader,
  type PageBatch,
  PageRanges,
} from '../../src/ltx/index.ts';
import { Progress } from '../progress.ts';
import { decodeFile, totalBytesOf } from './decode-file.ts';

/** One page of a dump, as it comes: nothing is proven before the dump ends. */
export interface DumpedPage {
  readonly page: number;
  readonly checksum: string;
  /** A view that is valid until the next page. */
  readonly data: Uint8Array;
}

/** Receives a file piece by piece while it is read. */
export interface DumpSink {
  header(header: LtxHeader): void;
  page?(page: DumpedPage): void;
}

/**
 * Reads a file to its end and describes it.
 * @throws LtxFileError for what is wrong in it; what the sink was given until then is not to be trusted
 */
export async function dumpFile(path: string, sink: DumpSink): Promise<LtxDescription> {
  using progress = new Progress('reading', await totalBytesOf([path]));
  const ranges = new PageRanges();
  const pages = (batch: PageBatch): void => {
    ranges.add(batch.pageNumbers);
    if (sink.page !== undefined) pagesOf(batch, sink.page);
  };
  const header = (found: LtxHeader): void => sink.header(found);
  const { decoder, trailer } = await decodeFile(path, { header, pages }, progress);
  return describeDecoded(decoder, trailer, ranges);
}

function pagesOf(batch: PageBatch, give: (page: DumpedPage) => void): void {
  for (let i = 0; i < batch.count; i += 1) {
    const page = batch.pageNumbers[i]!;
    give({ page, checksum: formatChecksum(batch.sums[i]!), data: batch.page(i) });
  }
}
