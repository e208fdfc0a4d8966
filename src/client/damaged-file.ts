/** A stored file that is missing or damaged. */
export interface DamagedFile {
  readonly replica: string;
  readonly level: number;
  readonly minTxid: string;
  readonly maxTxid: string;
  readonly found: 'missing' | 'damaged';
  readonly since: string;
}
