import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { DirectoryInode, FileInode, type Inode, type Luck } from './inode.ts';

/**
 * A disk as POSIX promises it and no better:
 *
 * - bytes and size of a file are on it once an fsync or fdatasync of that file, begun after they were written,
 *   has returned;
 * - a name is on it once an fsync of its directory has returned; fsync of the file itself is not enough, though
 *   ext4 and XFS would have it so;
 * - of all else, any part may be there or not: bytes by the sector, names in their order.
 *
 * The folder it begins with is there and empty, and so is its own name.
 */
export class Disk {
  readonly #base: string;
  readonly #root = new DirectoryInode();
  #serial = 0;

  constructor(base: string) {
    this.#base = base;
  }

  /** The number of the latest change. */
  get serial(): number {
    return this.#serial;
  }

  /** Whether a path lies on this disk. */
  has(path: string): boolean {
    return path === this.#base || path.startsWith(`${this.#base}/`);
  }

  find(path: string): Inode | undefined {
    let inode: Inode | undefined = this.#root;
    for (const name of relative(this.#base, path).split('/')) {
      if (name === '') continue;
      if (inode?.kind !== 'directory') return undefined;
      inode = inode.names.get(name);
    }
    return inode;
  }

  makeDirectory(path: string): void {
    this.#link(path, new DirectoryInode());
  }

  makeFile(path: string): FileInode {
    const file = new FileInode();
    this.#link(path, file);
    return file;
  }

  unlink(path: string): void {
    this.#parent(path).change({ serial: this.#next(), removed: basename(path), added: null });
  }

  /** A second name for a file. */
  link(from: string, to: string): void {
    this.#link(to, this.#existing(from));
  }

  /** Between two directories each keeps its own account: a cut may leave both names, or neither. */
  rename(from: string, to: string): void {
    const inode = this.#existing(from);
    if (dirname(from) === dirname(to)) {
      const added = { name: basename(to), inode };
      this.#parent(from).change({ serial: this.#next(), removed: basename(from), added });
      return;
    }
    this.#link(to, inode);
    this.unlink(from);
  }

  write(file: FileInode, at: number, data: Uint8Array): void {
    file.write(this.#next(), at, data);
  }

  truncate(file: FileInode, size: number): void {
    file.truncate(this.#next(), size);
  }

  /** Puts into a folder what a cut at this moment leaves. */
  materialise(folder: string, luck: Luck): void {
    write(this.#root, folder, luck);
  }

  #link(path: string, inode: Inode): void {
    this.#parent(path).change({
      serial: this.#next(),
      removed: null,
      added: { name: basename(path), inode },
    });
  }

  #existing(path: string): Inode {
    const inode = this.find(path);
    if (inode === undefined) throw new Error(`there is no ${path}`);
    return inode;
  }

  #parent(path: string): DirectoryInode {
    const parent = this.find(dirname(path));
    if (parent?.kind !== 'directory') throw new Error(`no directory for ${path}`);
    return parent;
  }

  #next(): number {
    this.#serial += 1;
    return this.#serial;
  }
}

function write(directory: DirectoryInode, path: string, luck: Luck): void {
  mkdirSync(path, { recursive: true });
  for (const [name, inode] of directory.survivor(luck)) {
    const target = join(path, name);
    if (inode.kind === 'directory') write(inode, target, luck);
    else writeFileSync(target, inode.survivor(luck));
  }
}
