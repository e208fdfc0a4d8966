/** A change to a file that was made and is not known to be on the disk. */
type FileChange =
  | { readonly kind: 'write'; readonly serial: number; readonly at: number; readonly data: Uint8Array }
  | { readonly kind: 'truncate'; readonly serial: number; readonly size: number };

/** A change to the names in a directory; each is atomic, as journalled metadata is. */
interface NameChange {
  readonly serial: number;
  readonly removed: string | null;
  readonly added: { readonly name: string; readonly inode: Inode } | null;
}

/** Which of the changes that nothing has forced to the disk are on it all the same. */
export interface Luck {
  /** Asked for each piece of an unsynced write, and each unsynced change of size. */
  keeps(): boolean;
  /** Pieces that a write can be torn into, bytes. */
  readonly sectorBytes: number;
  /** Of so many unsynced changes of names, how many are there: a journal has them in order. */
  names(count: number): number;
}

/** The disk at its worst: nothing is there but what was forced. */
export const NO_LUCK: Luck = { keeps: () => false, sectorBytes: 4096, names: () => 0 };

/** Everything is there: a killed process, not a power cut. */
export const ALL_LUCK: Luck = { keeps: () => true, sectorBytes: 4096, names: (count) => count };

export type Inode = FileInode | DirectoryInode;

/** A file: what the disk has for certain, and what came since. */
export class FileInode {
  readonly kind = 'file';
  #durable: Buffer = Buffer.alloc(0);
  #size = 0;
  #changes: FileChange[] = [];

  write(serial: number, at: number, data: Uint8Array): void {
    this.#changes.push({ kind: 'write', serial, at, data });
  }

  truncate(serial: number, size: number): void {
    this.#changes.push({ kind: 'truncate', serial, size });
  }

  /** All changes up to `serial` are on the disk. */
  sync(serial: number): void {
    const content = new Content(this.#durable, this.#size);
    for (const change of this.#changes) if (change.serial <= serial) content.apply(change, ALL_LUCK);
    this.#durable = content.bytes;
    this.#size = content.size;
    this.#changes = this.#changes.filter((change) => change.serial > serial);
  }

  /** The file as the disk may have it. */
  survivor(luck: Luck): Uint8Array {
    const content = new Content(Buffer.from(this.#durable), this.#size);
    for (const change of this.#changes) content.apply(change, luck);
    return content.bytes.subarray(0, content.size);
  }
}

/** A file's bytes, in a buffer that grows. */
class Content {
  bytes: Buffer;
  size: number;

  constructor(bytes: Buffer, size: number) {
    this.bytes = bytes;
    this.size = size;
  }

  apply(change: FileChange, luck: Luck): void {
    if (change.kind === 'truncate') {
      if (luck.keeps()) this.#resize(change.size);
      return;
    }
    const { at, data } = change;
    for (let from = 0; from < data.length; ) {
      // Sectors lie at multiples of their size in the file, not in the write.
      const to = Math.min(data.length, from + luck.sectorBytes - ((at + from) % luck.sectorBytes));
      if (luck.keeps()) this.#put(at + from, data.subarray(from, to));
      from = to;
    }
  }

  #put(at: number, data: Uint8Array): void {
    if (at + data.length > this.size) this.#resize(at + data.length);
    this.bytes.set(data, at);
  }

  #resize(size: number): void {
    if (size > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(size, this.bytes.length * 2));
      grown.set(this.bytes.subarray(0, this.size));
      this.bytes = grown;
    }
    if (size > this.size) this.bytes.fill(0, this.size, size);
    this.size = size;
  }
}

/** A directory: its names as processes see them, and as the disk has them for certain. */
export class DirectoryInode {
  readonly kind = 'directory';
  readonly names = new Map<string, Inode>();
  #durable = new Map<string, Inode>();
  #changes: NameChange[] = [];

  change(change: NameChange): void {
    this.#changes.push(change);
    applyNames(this.names, change);
  }

  sync(serial: number): void {
    for (const change of this.#changes) if (change.serial <= serial) applyNames(this.#durable, change);
    this.#changes = this.#changes.filter((change) => change.serial > serial);
  }

  survivor(luck: Luck): ReadonlyMap<string, Inode> {
    const names = new Map(this.#durable);
    for (const change of this.#changes.slice(0, luck.names(this.#changes.length))) applyNames(names, change);
    return names;
  }
}

function applyNames(names: Map<string, Inode>, { removed, added }: NameChange): void {
  if (removed !== null) names.delete(removed);
  if (added !== null) names.set(added.name, added.inode);
}
